#!/bin/bash
#SBATCH --job-name=sweep --array=0-1 --ntasks=1 --cpus-per-task=1
#SBATCH --time=00:30:00
# Jobs that know nothing of each other: each takes its part of the shards.
plan=${1:?usage: sbatch array.sh PLAN}
part=$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT
python -m renorm.sweep run "$plan" --shard "$part"
