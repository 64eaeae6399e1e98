"""Programs that only a test needs, from Debian's packages, as path.sh brings sox."""

import os
import shutil
import subprocess


def bring(program: str, *packages: str) -> str:
    """Return the path of a program; where it is missing, its packages are installed, as root or by sudo.

    Raises:
        RuntimeError: They cannot be installed; the message is the command to type.
    """
    if found := shutil.which(program):
        return found
    apt = [*([] if os.geteuid() == 0 else ["sudo", "-n", "--preserve-env=DEBIAN_FRONTEND"]), "apt-get", "-qq"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run([*apt, "update"], env=environment, check=False)
        subprocess.run([*apt, "install", "-y", "--no-install-recommends", *packages], env=environment, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise RuntimeError(f"{program} is missing ({error}): sudo apt-get install -y {' '.join(packages)}") from error
    if found := shutil.which(program):
        return found
    raise RuntimeError(f"{program} is not in {', '.join(packages)} here; install it by hand")
