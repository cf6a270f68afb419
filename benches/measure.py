"""Runs commands and says what they took."""
import os, resource, signal, statistics, subprocess, sys, time


def run(command):
    """Runs a command whose time does not matter; it has to succeed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: failed\n{done.stderr.decode(errors='replace')}")
    return done.stdout.decode()


def measure(commands):
    """Runs commands one after another: wall seconds, CPU seconds of all processes, and the largest peak memory in MiB."""
    began, cpu, peak = time.monotonic(), 0.0, 0
    for command in commands:
        errors, status, usage = finish(command)
        if status != 0:
            sys.exit(f"{' '.join(command)}: failed\n{errors.decode(errors='replace')}")
        cpu += usage.ru_utime + usage.ru_stime
        peak = max(peak, usage.ru_maxrss)
    return time.monotonic() - began, cpu, peak / 1024


def finish(command):
    """Runs a command to its end; where this process is told to end before, all that the command started ends with it."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
    try:
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return errors, status, usage


def medians(runs):
    """The median of each column."""
    return [statistics.median(column) for column in zip(*runs)]


def seconds(value):
    """Seconds as people read them."""
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.0f} ms"


def size(value):
    """Bytes as people read them."""
    for unit, scale in (("MB", 1e6), ("kB", 1e3)):
        if value >= scale:
            return f"{value / scale:.1f} {unit}"
    return f"{value:.0f} B"


def memory(mebibytes):
    """A peak as people read it. What a process held before it became another program counts as its peak, so that less than
    this process has cannot be told."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"<{own:.0f} MiB" if mebibytes < own + 1 else f"{mebibytes:.0f} MiB"
