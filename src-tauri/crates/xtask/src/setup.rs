//! Brings the machine to where the build and the tests can start.

use std::io::IsTerminal as _;
use std::process::Command;

use anyhow::bail;

use crate::place::Place;
use crate::process;
use crate::say;
use crate::system::{self, Plan, Purpose, Rights, System};

/// Whether the owner agreed to installing things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consent {
    /// Said so on the command line.
    Given,
    /// Must be asked.
    Ask,
}

/// Makes sure the system's packages for a purpose are there.
pub(crate) fn system_packages(place: &Place, purpose: Purpose, consent: Consent) -> anyhow::Result<()> {
    let os_release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let system = system::identify(std::env::consts::OS, &os_release);
    let missing = what_is_missing(system, purpose);
    match system::plan(system, rights(), &missing) {
        Plan::Nothing => say::line("all system packages are there"),
        Plan::Tell(line) => bail!("system packages are missing. Install them with:\n\n    {line}\n"),
        Plan::Install(commands) => {
            let line = system::install_line(system, &missing);
            if !allowed(consent, &missing) {
                bail!("system packages are missing. Install them with:\n\n    {line}\n\nor say --yes.");
            }
            for words in commands {
                process::run(place.command(&words[0]).args(&words[1..]))?;
            }
        }
    }
    Ok(())
}

fn allowed(consent: Consent, missing: &[&str]) -> bool {
    match consent {
        Consent::Given => true,
        Consent::Ask if std::io::stdin().is_terminal() => {
            say::agrees(&format!("Install {} with the system's package manager?", missing.join(", ")))
        }
        Consent::Ask => false,
    }
}

fn what_is_missing(system: System, purpose: Purpose) -> Vec<&'static str> {
    let wanted = system::packages(system, purpose);
    match system {
        System::Debian => {
            let mut query = Command::new("dpkg-query");
            query.args(["-W", "-f", "${Package} ${db:Status-Status}\n"]).args(&wanted);
            system::missing(&wanted, &process::words(&mut query))
        }
        // Names differ between releases of these; if the files are there, the names do not matter.
        System::Fedora | System::Arch if linux_has_everything(purpose) => vec![],
        System::OtherLinux if !linux_has_everything(purpose) => system::programs(purpose).to_vec(),
        System::Fedora | System::Arch => wanted,
        System::OtherLinux | System::Windows => vec![],
        System::MacOs => match process::answer(Command::new("xcode-select").arg("-p")) {
            Some(_) => vec![],
            None => vec!["command line tools"],
        },
    }
}

fn linux_has_everything(purpose: Purpose) -> bool {
    let library = process::answer(Command::new("pkg-config").args(["--exists", system::LIBRARY])).is_some();
    library && system::programs(purpose).iter().all(|program| process::is_there(program))
}

fn rights() -> Rights {
    let user = process::answer(Command::new("id").arg("-u"));
    if user.as_deref() == Some("0") {
        Rights::Root
    } else if process::is_there("sudo") {
        Rights::Sudo
    } else {
        Rights::None
    }
}
