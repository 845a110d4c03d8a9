//! The one place where the chores talk.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a chore talks to the person who started it")]

/// A line of progress.
pub(crate) fn line(text: &str) {
    println!("{text}");
}

/// Something that needs the person's attention.
pub(crate) fn problem(text: &str) {
    eprintln!("\nxtask: {text}");
}

/// Asks a yes-or-no question; only a clear yes is one.
pub(crate) fn agrees(question: &str) -> bool {
    use std::io::Write as _;
    print!("{question} [y/N] ");
    let _ = std::io::stdout().flush();
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}
