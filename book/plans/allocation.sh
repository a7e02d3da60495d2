#!/bin/bash
#SBATCH --job-name=sweep --ntasks=2 --cpus-per-task=1 --time=00:30:00
# One allocation: a scheduler, a worker a task, and the command that hands out
# the shards. With GPUs, add --gpus-per-task=1: each worker then sees its own.
plan=${1:?usage: sbatch allocation.sh PLAN}
interface=${INTERFACE:-lo} # of the cluster's network, as `ip addr` names it
job=_build/sweep-$SLURM_JOB_ID
mkdir -p _build
common="--scheduler-file $job.json --interface $interface --no-dashboard"

# A shard that crashes takes no other one along; JAX may keep memory between steps.
export DASK_DISTRIBUTED__SCHEDULER__WORKER_SATURATION=1.0
export MALLOC_TRIM_THRESHOLD_=268435456 MALLOC_MMAP_THRESHOLD_=33554432
dask scheduler $common --port 0 >"$job.log" 2>&1 &
scheduler=$!
srun dask worker $common --nthreads 1 --death-timeout 60 \
  --local-directory "${TMPDIR:-/tmp}" </dev/null >>"$job.log" 2>&1 &
workers=$!

python -m renorm.sweep run "$plan" --scheduler-file "$job.json"
status=$?
kill "$workers"
wait "$workers"
kill "$scheduler"
wait
exit "$status"
