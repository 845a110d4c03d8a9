//! Packages from npm, exactly as a folder's lock file says.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::process;
use crate::say;

/// A folder with a package.json and its lock.
#[derive(Debug)]
pub(crate) struct Packages {
    folder: PathBuf,
}

impl Packages {
    /// The packages of a folder.
    pub(crate) const fn of(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Says for which lock they were installed last. Among them, so that it goes when they go and stays when they stay.
    fn stamp(&self) -> PathBuf {
        self.folder.join("node_modules").join(".installed-for-lock")
    }

    /// Installs them if the lock file changed since the last time or they are gone.
    pub(crate) fn install(&self) -> anyhow::Result<()> {
        let lock = self.folder.join("package-lock.json");
        let lock = std::fs::read_to_string(&lock).with_context(|| format!("{}", lock.display()))?;
        if is_installed(&self.stamp(), &lock) {
            say::line("the packages are there");
            return Ok(());
        }
        process::run(self.npm().args(["ci", "--no-audit", "--no-fund"]))?;
        std::fs::write(self.stamp(), lock).context("remember which packages are installed")
    }

    /// An npm command in the folder.
    pub(crate) fn npm(&self) -> Command {
        // On Windows npm is a script, which must be started by its full name.
        let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
        command.current_dir(&self.folder);
        command
    }

    /// Where an installed package's file lies.
    pub(crate) fn file(&self, path: &str) -> PathBuf {
        self.folder.join("node_modules").join(path)
    }
}

fn is_installed(stamp: &Path, lock: &str) -> bool {
    std::fs::read_to_string(stamp).is_ok_and(|seen| seen == lock)
}

#[cfg(test)]
mod tests {
    use super::{Packages, is_installed};

    #[test]
    fn packages_are_installed_again_when_the_lock_changes_or_they_are_gone() {
        let home = tempfile::tempdir().expect("a folder");
        let packages = Packages::of(home.path().to_owned());
        assert!(!is_installed(&packages.stamp(), "lock 1"), "without node_modules nothing is installed");
        std::fs::create_dir(home.path().join("node_modules")).expect("made");
        std::fs::write(packages.stamp(), "lock 1").expect("written");
        assert!(is_installed(&packages.stamp(), "lock 1"));
        assert!(!is_installed(&packages.stamp(), "lock 2"), "another lock needs another install");
    }
}
