# Sourced by run.sh: where jobs run. Nothing is started by hand: work over utterances goes through ESPnet3's dask
# runner, training through Lightning; both read the configuration that these overrides choose.
# shellcheck shell=bash
#
#   MYNA_CMD=local ./run.sh …        this machine (default)
#   MYNA_CMD=gpu ./run.sh …          this machine, one GPU        (multi_gpu: all of its GPUs)
#   MYNA_CMD=slurm ./run.sh …        dask workers as Slurm jobs; start training with srun (see conf/trainer/slurm.yaml)
#   MYNA_CMD=ssh | kube ./run.sh …   dask workers on hosts or in pods; give parallel.options after --

cmd_overrides=()
case ${MYNA_CMD:-local} in
  local) ;;
  gpu | multi_gpu) cmd_overrides=(trainer="$MYNA_CMD") ;;
  slurm) cmd_overrides=(trainer=slurm parallel.env=slurm) ;;
  ssh | kube) cmd_overrides=(parallel.env="$MYNA_CMD") ;;
  *)
    echo "cmd.sh: unknown MYNA_CMD '$MYNA_CMD'; choose local, gpu, multi_gpu, slurm, ssh or kube" >&2
    return 1
    ;;
esac
