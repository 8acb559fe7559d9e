"""What a process asks of the kernel: no core dump, no tracing, no swap, no life after its supervisor.

Source: prctl(2), mlockall(2) on Linux.
"""

import ctypes
import os
import resource
import signal
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NAME = 15
_PR_SET_NO_NEW_PRIVS = 38
_MCL_CURRENT, _MCL_FUTURE = 1, 2

_libc = ctypes.CDLL(None, use_errno=True)


def forbid_dumps_and_tracing() -> None:
    """Let nobody but root read this process's memory: no core dump, no debugger, no /proc/<id>/mem."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _prctl(_PR_SET_DUMPABLE, 0)


def forbid_new_privileges() -> None:
    """Give up for good what a set-user-id program could lend."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def allow_locked_memory() -> None:
    """Ask, while still root, for the right to keep memory out of the swap."""
    if os.geteuid() == 0:
        try:
            resource.setrlimit(resource.RLIMIT_MEMLOCK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        except (ValueError, OSError):
            return  # a container may refuse even root; lock_memory then says that it could not


def lock_memory() -> bool:
    """Keep this process's memory out of the swap; say whether the kernel agreed."""
    if resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] != resource.RLIM_INFINITY:
        return False  # with a limit, a later allocation would fail in the middle of a request
    return bool(_libc.mlockall(_MCL_CURRENT | _MCL_FUTURE) == 0)


def die_with(parent_id: int) -> None:
    """End this process when its supervisor ends; call it after dropping privileges, which undoes it."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent_id:  # it ended before we asked
        os.kill(os.getpid(), signal.SIGTERM)


def age_s() -> float:
    """Measure the time since this process began, the start of the interpreter included (proc(5), field 22)."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")


def show_name(name: str) -> None:
    """Show a name in `ps` and `top` (15 characters)."""
    _libc.prctl(_PR_SET_NAME, f"rempart-{name}".encode()[:15], 0, 0, 0)


def _prctl(option: int, argument: int) -> None:
    if _libc.prctl(option, argument, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
