# Sourced by run.sh: where jobs run. The driver runs once, here; work over utterances goes through ESPnet3's dask
# clusters, training through ranks that the driver starts. Both read the configuration that these overrides choose.
# shellcheck shell=bash
#
#   MYNA_CMD=local ./run.sh …        this machine (default)
#   MYNA_CMD=gpu ./run.sh …          this machine, one GPU        (multi_gpu: all of its GPUs)
#   MYNA_CMD=slurm ./run.sh …        dask workers and ranks as Slurm jobs (conf/parallel/slurm.yaml, conf/trainer/slurm.yaml)
#   MYNA_CMD=ssh ./run.sh …          dask workers on hosts (conf/parallel/ssh.yaml)

cmd_overrides=()
case ${MYNA_CMD:-local} in
  local) ;;
  gpu | multi_gpu) cmd_overrides=(trainer="$MYNA_CMD") ;;
  slurm) cmd_overrides=(trainer=slurm parallel=slurm) ;;
  ssh) cmd_overrides=(parallel=ssh) ;;
  *)
    echo "cmd.sh: unknown MYNA_CMD '$MYNA_CMD'; choose local, gpu, multi_gpu, slurm or ssh" >&2
    return 1
    ;;
esac
