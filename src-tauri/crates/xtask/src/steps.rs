//! Named steps with their times, and the closing summary.

use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::say;

/// What was done so far.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    done: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    name: String,
    took: Duration,
    passed: bool,
}

impl Steps {
    /// Does a step that everything after it needs: its error ends the chore.
    pub(crate) fn must(
        &mut self,
        name: &str,
        step: impl FnOnce() -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        self.timed(name, step).with_context(|| format!("{name} failed"))
    }

    /// Does a step that stands alone: its error is said and counted, and the chore goes on.
    pub(crate) fn check(&mut self, name: &str, step: impl FnOnce() -> anyhow::Result<()>) {
        if let Err(error) = self.timed(name, step) {
            say::problem(&format!("{name} failed: {error:#}"));
        }
    }

    /// Does a step that the chore can do without: its error is only said.
    pub(crate) fn optional(&mut self, name: &str, step: impl FnOnce() -> anyhow::Result<()>) {
        if let Err(error) = self.timed(name, step) {
            say::problem(&format!("{name} failed: {error:#}. Going on without."));
            self.done.pop();
        }
    }

    /// Whether no step failed so far.
    pub(crate) fn all_passed(&self) -> bool {
        self.done.iter().all(|step| step.passed)
    }

    /// Prints every step with its time.
    pub(crate) fn summary(&self) {
        if !self.done.is_empty() {
            say::line(&format!("\n{}", self.table()));
        }
    }

    fn timed(&mut self, name: &str, step: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
        say::line(&format!("\n== {name}"));
        let begun = Instant::now();
        let result = step();
        let step = Step { name: name.to_owned(), took: begun.elapsed(), passed: result.is_ok() };
        say::line(&format!("== {}", step.line()));
        self.done.push(step);
        result
    }

    fn table(&self) -> String {
        let total = self.done.iter().map(|step| step.took).sum::<Duration>();
        let failed = self.done.iter().filter(|step| !step.passed).count();
        let lines: Vec<String> = self.done.iter().map(Step::line).collect();
        format!(
            "{}\n{} steps, {failed} failed, {:.1} s",
            lines.join("\n"),
            self.done.len(),
            total.as_secs_f64()
        )
    }
}

impl Step {
    fn line(&self) -> String {
        let verdict = if self.passed { "ok    " } else { "FAILED" };
        format!("{verdict} {:>8.1} s  {}", self.took.as_secs_f64(), self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::Steps;

    #[test]
    fn one_failed_check_fails_the_chore_but_not_the_next_step() {
        let mut steps = Steps::default();
        steps.check("first", || anyhow::bail!("no"));
        steps.check("second", || Ok(()));
        assert!(!steps.all_passed(), "a failed step must show in the exit code");
        let table = steps.table();
        assert!(table.contains("FAILED") && table.contains("second"), "{table}");
        assert!(table.contains("2 steps, 1 failed"), "{table}");
    }

    #[test]
    fn a_step_to_do_without_does_not_fail_the_chore() {
        let mut steps = Steps::default();
        steps.check("first", || anyhow::bail!("no"));
        steps.optional("second", || anyhow::bail!("no"));
        assert!(steps.table().contains("1 failed"), "what failed before it stays failed");
    }

    #[test]
    fn a_needed_step_that_fails_ends_the_chore() {
        let mut steps = Steps::default();
        assert!(steps.must("build", || anyhow::bail!("no compiler")).is_err());
        assert!(!steps.all_passed());
    }
}
