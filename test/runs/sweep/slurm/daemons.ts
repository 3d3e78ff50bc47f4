import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** A real Slurm of one node on this machine: its controller and its node's daemon, without systemd, cgroups or accounting. */
export interface Slurm {
  /** For the commands of Slurm, and for what calls them. */
  env: { SLURM_CONF: string };
  /** A command of Slurm; what it wrote. */
  call(command: string, ...args: string[]): string;
  daemons: Record<DaemonName, Daemon>;
  /**
   * What an administrator does about a node that Slurm has set aside: a controller that was killed before it had written down
   * that a task began would start it again, hears `Duplicate jobid`, and gives the node no more work.
   */
  resumeNode(): void;
  stop(): Promise<void>;
}

type DaemonName = 'slurmctld' | 'slurmd';

interface Daemon {
  kill(signal?: NodeJS.Signals): Promise<void>;
  start(): void;
}

const programs = ['slurmctld', 'slurmd', 'sbatch', 'munged'];
const debianPackages = ['slurmctld', 'slurmd', 'slurm-client', 'munge'];
const PATIENCE_MS = 180_000;

/** Why there can be no Slurm here; undefined where there is one, which may just have been installed. */
export function reasonAgainstSlurm(): string | undefined {
  if (process.platform !== 'linux') return `Slurm runs on Linux, and this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'its daemons are started as root';
  if (lacking().length === 0) return undefined;
  const isDebian = existsSync('/etc/debian_version');
  if (!isDebian) return `${lacking().join(', ')} not found, and installed from here only on Debian`;
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...debianPackages]]) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const { status, stderr } = spawnSync('apt-get', ['-qq', ...args], { env, encoding: 'utf8' });
    if (status !== 0) return `apt-get ${args[0]} failed: ${stderr.trim().split('\n').at(-1)}`;
  }
  return lacking().length === 0 ? undefined : `${lacking().join(', ')} not found after apt-get install`;
}

function lacking(): string[] {
  return programs.filter((name) => !['/usr/bin', '/usr/sbin'].some((place) => existsSync(join(place, name))));
}

/** Starts all of it, with its files in `folder`, and waits until the node is idle. */
export async function startSlurm(folder: string): Promise<Slurm> {
  const munge = await startMunge();
  const env = { SLURM_CONF: join(folder, 'slurm.conf') };
  mkdirSync(join(folder, 'state'));
  mkdirSync(join(folder, 'spool'));
  writeFileSync(env.SLURM_CONF, configuration(folder, await freePorts(2)));
  const environment = { ...process.env, ...env };
  const call = (command: string, ...args: string[]) =>
    execFileSync(command, args, {
      env: environment,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  const daemons = { slurmctld: daemon('slurmctld', environment), slurmd: daemon('slurmd', environment) };
  for (const each of Object.values(daemons)) each.start();
  const slurm: Slurm = {
    env,
    call,
    daemons,
    resumeNode() {
      if (!call('sinfo', '-h', '-o', '%T').startsWith('drain')) return;
      console.log(call('sinfo', '-h', '-o', 'the node was set aside: %E'));
      call('scontrol', 'update', `NodeName=${call('sinfo', '-h', '-o', '%N')}`, 'State=RESUME');
    },
    async stop() {
      // What a test has left running when it failed; the daemons of its steps would outlive these.
      const jobs = spawnSync('squeue', ['-h', '-o', '%A'], { env: environment, encoding: 'utf8' }).stdout;
      spawnSync('scancel', ['--full', ...jobs.split('\n').filter(Boolean)], { env: environment });
      await until('all jobs have ended', () => call('squeue', '-h') === '').catch(() => {});
      for (const each of Object.values(daemons)) await each.kill('SIGTERM');
      munge?.kill();
    },
  };
  try {
    await until('the node is idle', () => call('sinfo', '-h', '-o', '%T') === 'idle');
  } catch (error) {
    const log = ['slurmctld', 'slurmd'].map((name) => readFileSync(join(folder, `${name}.log`), 'utf8'));
    await slurm.stop();
    throw new Error(`${(error as Error).message}\n${log.join('\n').slice(-3000)}`);
  }
  return slurm;
}

/** Waits for what comes true by and by; a command that fails meanwhile is asked again. */
export async function until(what: string, isSo: () => boolean, patience = PATIENCE_MS): Promise<void> {
  const begun = performance.now();
  for (let trouble: unknown; ; await setTimeout(100)) {
    try {
      if (isSo()) return;
    } catch (error) {
      trouble = error;
    }
    if (performance.now() - begun > patience)
      throw new Error(`it never came true that ${what}: ${trouble ?? ''}`);
  }
}

function daemon(name: DaemonName, env: NodeJS.ProcessEnv): Daemon {
  let child: ChildProcess | undefined;
  return {
    start() {
      // -D: in the foreground, so that its process is this one's child.
      child = spawn(name, ['-D'], { env, stdio: 'ignore' });
    },
    async kill(signal = 'SIGKILL') {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      await once(child, 'exit');
    },
  };
}

/** Slurm's daemons know each other by munge; undefined where it runs already. */
async function startMunge(): Promise<ChildProcess | undefined> {
  const works = () => spawnSync('munge', ['-n'], { stdio: 'ignore' }).status === 0;
  if (works()) return undefined;
  mkdirSync('/run/munge', { recursive: true });
  execFileSync('chown', ['munge:', '/run/munge']);
  const child = spawn(
    'setpriv',
    ['--reuid=munge', '--regid=munge', '--clear-groups', 'munged', '--foreground'],
    { stdio: 'ignore' },
  );
  await until('munged answers', works);
  return child;
}

function configuration(folder: string, [controllerPort, nodePort]: number[]): string {
  const host = hostname().split('.')[0];
  return `ClusterName=test
SlurmctldHost=${host}(127.0.0.1)
SlurmctldPort=${controllerPort}
SlurmdPort=${nodePort}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd.log
# Without cgroups, which are mounted in ways of their own in containers.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
KillWait=20
NodeName=${host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=500 State=UNKNOWN
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP PriorityTier=1 GraceTime=20
PartitionName=urgent Nodes=ALL MaxTime=INFINITE State=UP PriorityTier=9
`;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
