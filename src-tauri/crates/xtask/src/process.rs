//! Running other programs.

use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::say;

/// Runs a command in the open and demands success.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let line = shown(command);
    say::line(&format!("$ {line}"));
    let status = command.status().with_context(|| format!("`{line}` could not be started"))?;
    if !status.success() {
        bail!("`{line}` ended with {status}");
    }
    Ok(())
}

/// What a command prints, or nothing if it is absent or fails.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// What a command prints, even if it ends with an error.
pub(crate) fn words(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
}

/// Whether a program of this name can be started.
pub(crate) fn is_there(program: &str) -> bool {
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| folder.join(&name).is_file())
}

/// The command as a person would type it.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    #[test]
    fn a_program_that_is_not_there_is_an_error_with_its_name() {
        let error =
            super::run(Command::new("no-such-program-here").arg("--now")).expect_err("it cannot start");
        assert!(error.to_string().contains("no-such-program-here --now"), "{error}");
        assert_eq!(super::answer(&mut Command::new("no-such-program-here")), None);
        assert!(!super::is_there("no-such-program-here"));
    }
}
