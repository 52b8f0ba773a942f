#!/usr/bin/env bash
# A real Slurm of several nodes on this machine alone, of Debian's packages and without systemd, for tests: munged, slurmctld,
# and a slurmd a node, all on the loopback address. Needs root.
#   slurm.sh install                     Debian's packages, where they are missing
#   slurm.sh start DIR [NODES] [CPUS]    starts it with all its files in DIR; 2 nodes of 1 CPU where nothing is said
#   slurm.sh kill DIR NODE               a node dies (n1, n2, …): SIGKILL to its slurmd and to all that runs on it
#   slurm.sh stop DIR                    ends what `start` began, and removes the link in /etc/slurm
# What can't be done here is said in one line, with exit code 3.
set -euo pipefail

PACKAGES=(slurmctld slurmd slurm-client munge)
# Jobs must find it without SLURM_CONF: Snakemake's plugin takes every variable SLURM_* out of their environment.
LINK=/etc/slurm/slurm.conf

cannot() { echo "$1"; exit 3; }
alive() { [[ -s $1 ]] && kill -0 "$(<"$1")" 2>/dev/null; }

# wait_for SECONDS COMMAND…: until it succeeds
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.1
  done
}

# A process with all that it began.
tree() {
  local child
  echo "$1"
  for child in $(pgrep -P "$1"); do tree "$child"; done
}

# No other Slurm may be disturbed.
require_room() {
  [[ $(id -u) == 0 ]] || cannot "a Slurm for tests is started by root only"
  [[ ! -e $LINK ]] || grep -qx ClusterName=cellkernel-test "$LINK" || cannot "$LINK is there already: this machine has a Slurm of its own"
}

install_packages() {
  command -v slurmctld slurmd squeue munged >/dev/null && return
  [[ $(id -u) == 0 ]] || cannot "Slurm is not installed, and only root can install it: apt-get install ${PACKAGES[*]}"
  command -v apt-get >/dev/null || cannot "Slurm is not installed, and there is no apt-get to install ${PACKAGES[*]} with"
  export DEBIAN_FRONTEND=noninteractive
  # Packages may not start what they bring: it would be the Slurm of this machine.
  local policy=/usr/sbin/policy-rc.d own=
  if [[ ! -e $policy ]]; then
    own=yes
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
  fi
  local log code=0
  log=$({ apt-get update && apt-get install -y --no-install-recommends "${PACKAGES[@]}"; } 2>&1) || code=$?
  [[ -z $own ]] || rm -f $policy
  [[ $code == 0 ]] || { tail -n 20 <<<"$log" >&2; exit 1; }
}

configuration() {
  local host memory
  host=$(hostname -s)
  memory=$(awk -v nodes="$NODES" '/MemAvailable/ {print int($2 / 1024 / nodes)}' /proc/meminfo)
  cat <<END
ClusterName=cellkernel-test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$PORT
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
# A job that is requeued is held back for so many seconds, else for 121.
AuthInfo=socket=$DIR/munge/socket,cred_expire=5
CredType=cred/munge
StateSaveLocation=$DIR/state
SlurmdSpoolDir=$DIR/spool.%n
SlurmctldPidFile=$DIR/slurmctld.pid
SlurmdPidFile=$DIR/slurmd.%n.pid
SlurmctldLogFile=$DIR/log/slurmctld.log
SlurmdLogFile=$DIR/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2,sched_min_interval=0
ReturnToService=2
SlurmctldTimeout=30
SlurmdTimeout=10
KillWait=2
JobRequeue=1
# There is no accounting: who asks squeue must still find jobs that have ended.
MinJobAge=3600
JobCompType=jobcomp/none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MaxArraySize=10001
NodeName=n[1-$NODES] NodeHostname=$host NodeAddr=127.0.0.1 Port=[$((PORT + 1))-$((PORT + NODES))] CPUs=$CPUS RealMemory=$memory State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP DefMemPerCPU=1000
END
}

gone() { ! kill -0 "$1" 2>/dev/null; }
no_jobs() { [[ -z $(squeue -h -t R,CG 2>/dev/null) ]]; }
all_idle() { [[ $(sinfo -h -N -t idle -o %N 2>/dev/null | wc -l) == "$NODES" ]]; }

start() {
  NODES=${1:-2} CPUS=${2:-1} PORT=${SLURM_TEST_PORT:-16817}
  require_room
  # That of a test that was killed.
  [[ ! -e $LINK ]] || "$0" stop "$(dirname "$(realpath "$LINK")")"
  rm -rf "$DIR"/{state,log,spool.*}
  mkdir -p "$DIR"/{state,log}
  # munge has a user of its own.
  chmod a+rx "$DIR"
  install -d -o munge -g munge -m 0755 "$DIR/munge"
  install -d -o munge -g munge -m 0700 "$DIR/munge/key"
  (umask 077; head -c 128 /dev/urandom >"$DIR/munge/key/munge.key")
  chown munge: "$DIR/munge/key/munge.key"
  # --force: the folders above, /tmp among them, may be written by others.
  runuser -u munge -- "$(command -v munged)" --force --num-threads 2 --key-file "$DIR/munge/key/munge.key" \
    --socket "$DIR/munge/socket" --pid-file "$DIR/munge/pid" --log-file "$DIR/munge/log" --seed-file "$DIR/munge/seed"
  configuration >"$SLURM_CONF"
  mkdir -p "${LINK%/*}"
  ln -sfn "$SLURM_CONF" "$LINK"
  slurmctld
  local i
  for ((i = 1; i <= NODES; i++)); do
    mkdir -p "$DIR/spool.n$i"
    slurmd -N "n$i"
  done
  wait_for 30 all_idle && return
  echo "the nodes did not come up:" >&2
  sinfo -N >&2 || true
  tail -n 10 "$DIR"/log/*.log >&2
  stop
  exit 1
}

kill_node() {
  local job step
  local -a dead=()
  # What the node has begun first, so that nothing of it is left when the node is gone.
  for job in $(squeue -h -t R -w "$1" -o %A); do
    for step in $(pgrep -f "^slurmstepd: \[$job\."); do dead+=($(tree "$step")); done
  done
  kill -9 "$(<"$DIR/slurmd.$1.pid")" "${dead[@]}" 2>/dev/null || true
}

stop() {
  scancel --full --me 2>/dev/null || true
  # Those of a node that is dead stay.
  wait_for 5 no_jobs || true
  # The controller at once: it would wait for nodes that are dead.
  local file pid
  for file in "$DIR/slurmctld.pid" "$DIR"/slurmd.*.pid "$DIR/munge/pid"; do
    alive "$file" || continue
    pid=$(<"$file")
    [[ $file == */slurmctld.pid ]] || kill "$pid"
    [[ $file != */slurmctld.pid ]] && wait_for 10 gone "$pid" || kill -9 "$pid"
  done
  if [[ -L $LINK && $(realpath -m "$LINK") == "$SLURM_CONF" ]]; then
    rm "$LINK"
    rmdir --ignore-fail-on-non-empty "${LINK%/*}"
  fi
}

ACTION=${1:?install, start, kill or stop}
if [[ $ACTION == install ]]; then
  install_packages
  require_room
  exit
fi
DIR=$(realpath -m "${2:?a folder}")
export SLURM_CONF=$DIR/slurm.conf
case $ACTION in
start) start "${@:3}" ;;
kill) kill_node "${3:?a node}" ;;
stop) stop ;;
*) echo "slurm.sh takes install, start, kill or stop, not $ACTION" >&2; exit 2 ;;
esac
