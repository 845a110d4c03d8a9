//! Where things lie.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

/// The repository on this machine.
#[derive(Debug)]
pub(crate) struct Place {
    root: PathBuf,
    target: PathBuf,
}

impl Place {
    /// Finds the repository from where cargo says this package lies, so that it works from any folder inside.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let package =
            std::env::var_os("CARGO_MANIFEST_DIR").context("start the chores with `cargo xtask`")?;
        let root = Path::new(&package).ancestors().nth(3).context("xtask lies in src-tauri/crates")?;
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
        Ok(Self { root: root.to_owned(), target })
    }

    /// The screen's package.
    pub(crate) fn ui(&self) -> PathBuf {
        self.root.join("ui")
    }

    /// The practice chain's contracts.
    pub(crate) fn contracts(&self) -> PathBuf {
        self.root.join("src-tauri").join("crates").join("practice").join("contracts")
    }

    /// The program that runs the practice chain. Fixed, like the models, because the tests look here.
    pub(crate) fn anvil(&self) -> PathBuf {
        let name = format!("anvil{}", std::env::consts::EXE_SUFFIX);
        self.root.join("target").join("anvil").join(name)
    }

    /// What the chores remember between two runs.
    pub(crate) fn stamps(&self) -> PathBuf {
        self.target.join("xtask")
    }

    /// Model files for tests and for practice. Fixed, whatever the build folder is, because the tests look here.
    pub(crate) fn models(&self) -> PathBuf {
        self.root.join("target").join("models")
    }

    /// A server that is not ours, for tests. Fixed, like the models, because the tests look here.
    pub(crate) fn llama_server(&self) -> PathBuf {
        self.root.join("target").join("llama-server")
    }

    /// A built executable.
    pub(crate) fn executable(&self, profile: &str, name: &str) -> PathBuf {
        self.target.join(profile).join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    /// A cargo command in the repository.
    pub(crate) fn cargo(&self) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        self.command(cargo)
    }

    /// Some command in the repository.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        command
    }
}
