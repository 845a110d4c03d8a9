//! Asking the person at the terminal.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use anyhow::Context as _;
use types::Sensitive;

/// Longer than any key or password that somebody types.
const LONGEST: usize = 1024;

/// A secret: typed without being shown, or one line of standard input where that is no terminal.
pub(crate) fn secret(question: &str) -> anyhow::Result<Sensitive<String>> {
    let text = if std::io::stdin().is_terminal() {
        rpassword::prompt_password(format!("{question}: ")).context("read from the terminal")?
    } else {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).context("read from standard input")?;
        line
    };
    let text = Sensitive::new(text);
    anyhow::ensure!(text.expose().len() <= LONGEST, "that is too long");
    Ok(Sensitive::new(text.expose().trim().to_owned()))
}

/// A secret that only a person at a terminal may give.
pub(crate) fn secret_at_a_terminal(question: &str) -> anyhow::Result<Sensitive<String>> {
    must_be_a_person()?;
    secret(question)
}

/// Writes to the terminal itself, never into a pipe or a file.
pub(crate) fn show(words: &str) -> anyhow::Result<()> {
    must_be_a_person()?;
    Ok(writeln!(std::io::stderr().lock(), "{words}")?)
}

fn must_be_a_person() -> anyhow::Result<()> {
    let there = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    anyhow::ensure!(there, "this needs a person at a terminal");
    Ok(())
}

/// Whether the person types yes to what was written. Never from anywhere but a terminal: a pipe is no person.
pub(crate) fn agrees(what: &str) -> anyhow::Result<bool> {
    must_be_a_person()?;
    let mut terminal = std::io::stderr().lock();
    write!(terminal, "{what}\n\nType yes to agree: ").and_then(|()| terminal.flush())?;
    drop(terminal);
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("read from the terminal")?;
    Ok(line.trim() == "yes")
}
