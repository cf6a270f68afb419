"""Runs commands and says what they took."""
import os, statistics, subprocess, sys, time


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
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            sys.exit(f"{' '.join(command)}: failed\n{errors.decode(errors='replace')}")
        cpu += usage.ru_utime + usage.ru_stime
        peak = max(peak, usage.ru_maxrss)
    return time.monotonic() - began, cpu, peak / 1024


def medians(runs):
    """The median of each column."""
    return [statistics.median(column) for column in zip(*runs)]


def seconds(value):
    """Seconds as people read them."""
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.0f} ms"
