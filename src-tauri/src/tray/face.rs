//! What the tray says, by what the node says.

use app::money::desk::View;
use types::Timestamp;

use crate::amounts;
use crate::dto::{Phase, Status};
use crate::words::Words;

/// The sign and the words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Face {
    pub(super) sign: Sign,
    /// The state in the window's own words.
    pub(super) state: String,
    /// What was paid today.
    pub(super) figure: String,
    /// What can be done about the state.
    pub(super) deed: Option<Deed>,
    pub(super) deed_words: String,
}

/// The drawings differ in shape as well as in colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Good,
    Busy,
    Quiet,
    Warning,
    Bad,
}

/// What the one changing line of the menu does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Pause,
    Resume,
}

impl Face {
    pub(super) fn of(status: &Status, money: Option<&View>, now: Timestamp, words: &Words) -> Self {
        let (name, sign, deed) = state(status);
        let percent = match status.phase {
            Phase::LoadingModel { percent } => format!("{percent}%"),
            _ => String::new(),
        };
        let deed_words = match (deed, status.phase) {
            (Some(Deed::Resume), Phase::NeedsAttention) => "action.start",
            (Some(Deed::Resume), _) => "action.resume",
            (Some(Deed::Pause) | None, _) => "action.pause",
        };
        Self {
            sign,
            state: words.with(&format!("state.{name}"), &[("percent", &percent)]),
            figure: figure(money, status.practice, now, words),
            deed,
            deed_words: words.text(deed_words),
        }
    }

    pub(super) fn tooltip(&self) -> String {
        format!("Grid Node\n{}\n{}", self.state, self.figure)
    }
}

/// The name of the state's words, its sign, and what can be done about it; as in the window.
fn state(status: &Status) -> (&'static str, Sign, Option<Deed>) {
    use Deed::{Pause, Resume};
    // The owner's own choice is shown as such, whatever else is wrong.
    if status.phase != Phase::Paused && status.code.as_deref() == Some("grid-unreachable") {
        return ("offline", Sign::Warning, Some(Pause));
    }
    match status.phase {
        Phase::Starting => ("starting", Sign::Busy, None),
        Phase::LoadingModel { .. } => ("loading-model", Sign::Busy, Some(Pause)),
        Phase::SelfTest => ("self-test", Sign::Busy, Some(Pause)),
        Phase::Connecting => ("connecting", Sign::Busy, Some(Pause)),
        Phase::Waiting => ("waiting", Sign::Good, Some(Pause)),
        Phase::Working => ("working", Sign::Good, Some(Pause)),
        Phase::Finishing => ("finishing", Sign::Good, Some(Resume)),
        Phase::Resting => ("resting", Sign::Warning, Some(Pause)),
        Phase::Quarantined => ("quarantined", Sign::Warning, Some(Pause)),
        Phase::Paused => ("paused", Sign::Quiet, Some(Resume)),
        Phase::NeedsAttention => ("needs-attention", Sign::Bad, Some(Resume)),
    }
}

/// Not known, or only known of yesterday, is not nothing. On a real Grid nobody reads the payouts in this version.
fn figure(money: Option<&View>, practice: bool, now: Timestamp, words: &Words) -> String {
    match money.and_then(|view| view.paid_today(now)) {
        Some(paid) => words.with("tray.paid-today", &[("amount", &amounts::short(paid, words))]),
        None if practice => words.text("tray.paid-today.unknown"),
        None => words.text("tray.paid-today.not-read"),
    }
}

#[cfg(test)]
mod tests {
    use app::earnings::Earnings;
    use types::Aipg;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_348_800_000);

    fn status(phase: Phase, code: Option<&str>) -> Status {
        Status {
            phase,
            code: code.map(str::to_owned),
            detail: None,
            practice: true,
            worker_name: "rig".to_owned(),
            model: None,
            device: None,
            current_job: None,
            jobs_done: None,
            work_units: None,
            recent: vec![],
            slots: vec![],
            money: crate::dto::Money::There,
        }
    }

    fn face(phase: Phase, code: Option<&str>) -> Face {
        Face::of(&status(phase, code), None, NOW, &Words::english())
    }

    #[test]
    fn each_state_has_the_windows_words_and_the_deed_that_fits() {
        let check = |phase, code, state: &str, sign, deed| {
            let face = face(phase, code);
            assert_eq!((face.state.as_str(), face.sign, face.deed), (state, sign, deed));
        };
        check(Phase::Waiting, None, "Waiting for jobs", Sign::Good, Some(Deed::Pause));
        check(Phase::LoadingModel { percent: 41 }, None, "Loading model, 41%", Sign::Busy, Some(Deed::Pause));
        check(Phase::Paused, None, "Paused by you", Sign::Quiet, Some(Deed::Resume));
        check(
            Phase::Resting,
            Some("grid-unreachable"),
            "Grid not reachable",
            Sign::Warning,
            Some(Deed::Pause),
        );
        check(Phase::Paused, Some("grid-unreachable"), "Paused by you", Sign::Quiet, Some(Deed::Resume));
        check(Phase::NeedsAttention, Some("disk-full"), "Needs attention", Sign::Bad, Some(Deed::Resume));
        assert_eq!(face(Phase::NeedsAttention, None).deed_words, "Start again");
    }

    #[test]
    fn what_was_paid_is_unknown_until_it_was_read() {
        let words = Words::english();
        assert_eq!(figure(None, true, NOW, &words), words.text("tray.paid-today.unknown"));
        assert_eq!(figure(None, false, NOW, &words), words.text("tray.paid-today.not-read"));
        let paid_today = Aipg::parse("208.333333333333333333").expect("an amount");
        let earnings = Earnings { paid_today, ..Earnings::default() };
        let view = View { earnings: Some((earnings.into(), NOW)), ..View::default() };
        assert_eq!(figure(Some(&view), true, NOW, &words), "Paid today: 208.33\u{a0}AIPG");
        let two_days_later = NOW.plus(std::time::Duration::from_secs(2 * 86_400));
        assert_eq!(figure(Some(&view), true, two_days_later, &words), words.text("tray.paid-today.unknown"));
    }

    #[test]
    fn every_phase_has_words() {
        for phase in [
            Phase::Starting,
            Phase::SelfTest,
            Phase::Connecting,
            Phase::Working,
            Phase::Finishing,
            Phase::Resting,
            Phase::Quarantined,
        ] {
            let face = face(phase, None);
            assert!(!face.state.contains("state.") && !face.state.contains('{'), "{}", face.state);
        }
    }
}
