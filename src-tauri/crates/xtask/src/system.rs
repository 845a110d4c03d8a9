//! Which packages does this system need? Tables and pure decisions.

/// A family of systems that name their packages alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    /// Debian, Ubuntu, and what is made of them.
    Debian,
    /// Fedora and its relatives.
    Fedora,
    /// Arch and its relatives.
    Arch,
    /// A Linux we have no list for.
    OtherLinux,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

/// What the machine is to be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Build and start the app.
    Run,
    /// Also run the tests that open a window on a display of their own.
    Test,
}

/// Tells the system from the operating system's name and the text of `/etc/os-release`.
pub(crate) fn identify(os: &str, os_release: &str) -> System {
    match os {
        "macos" => return System::MacOs,
        "windows" => return System::Windows,
        _ => {}
    }
    let family = |name: &str| ids(os_release).any(|id| id == name);
    if family("debian") || family("ubuntu") {
        System::Debian
    } else if family("fedora") || family("rhel") {
        System::Fedora
    } else if family("arch") {
        System::Arch
    } else {
        System::OtherLinux
    }
}

/// The words of the `ID` and `ID_LIKE` lines.
fn ids(os_release: &str) -> impl Iterator<Item = &str> {
    let values = os_release.lines().filter_map(|line| match line.split_once('=') {
        Some(("ID" | "ID_LIKE", value)) => Some(value.trim_matches('"')),
        _ => None,
    });
    values.flat_map(str::split_whitespace)
}

/// The packages a system needs for a purpose. Debian's were tried; the others follow their distributions' names.
pub(crate) fn packages(system: System, purpose: Purpose) -> Vec<&'static str> {
    let (build, test) = table(system);
    match purpose {
        Purpose::Run => build.to_vec(),
        Purpose::Test => [build, test].concat(),
    }
}

fn table(system: System) -> (&'static [&'static str], &'static [&'static str]) {
    match system {
        System::Debian => (
            // The tray's library is looked for when the app runs; without it there is no tray.
            &["build-essential", "pkg-config", "libwebkit2gtk-4.1-dev", "libayatana-appindicator3-1"],
            // xvfb-run needs xauth, which xvfb only recommends.
            &["xvfb", "xauth", "dbus", "webkit2gtk-driver", "gnome-keyring", "at-spi2-core"],
        ),
        System::Fedora => (
            &[
                "gcc",
                "gcc-c++",
                "make",
                "pkgconf-pkg-config",
                "webkit2gtk4.1-devel",
                "libayatana-appindicator-gtk3",
            ],
            &["xorg-x11-server-Xvfb", "xorg-x11-xauth", "dbus-daemon", "gnome-keyring", "at-spi2-core"],
        ),
        System::Arch => (
            &["base-devel", "pkgconf", "webkit2gtk-4.1", "libayatana-appindicator"],
            &["xorg-server-xvfb", "xorg-xauth", "dbus", "gnome-keyring", "at-spi2-core"],
        ),
        System::OtherLinux | System::MacOs | System::Windows => (&[], &[]),
    }
}

/// What pkg-config must know before the app can be built, on a Linux whose package list we cannot ask.
pub(crate) const LIBRARY: &str = "webkit2gtk-4.1";

/// The programs a purpose needs on such a Linux.
pub(crate) fn programs(purpose: Purpose) -> &'static [&'static str] {
    match purpose {
        Purpose::Run => &["cc", "pkg-config"],
        Purpose::Test => {
            &["cc", "pkg-config", "xvfb-run", "dbus-run-session", "WebKitWebDriver", "gnome-keyring-daemon"]
        }
    }
}

/// Which of the wanted packages are not among those that `dpkg-query` printed as `name status` lines.
pub(crate) fn missing<'a>(wanted: &[&'a str], dpkg: &str) -> Vec<&'a str> {
    let there = |package: &str| dpkg.lines().any(|line| line.split_once(' ') == Some((package, "installed")));
    wanted.iter().copied().filter(|package| !there(package)).collect()
}

/// The line a person types to install these packages.
pub(crate) fn install_line(system: System, packages: &[&str]) -> String {
    let packages = packages.join(" ");
    match system {
        System::Debian => format!("sudo apt-get install --no-install-recommends {packages}"),
        System::Fedora => format!("sudo dnf install {packages}"),
        System::Arch => format!("sudo pacman -S --needed {packages}"),
        System::OtherLinux => {
            "install the development files of WebKitGTK 4.1, pkg-config, a C compiler and Xvfb".to_owned()
        }
        System::MacOs => "xcode-select --install".to_owned(),
        System::Windows => {
            "install the Visual Studio Build Tools with \"Desktop development with C++\", and WebView2"
                .to_owned()
        }
    }
}

/// What may be done about missing packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rights {
    /// We are root.
    Root,
    /// `sudo` is there.
    Sudo,
    /// Neither.
    None,
}

/// What to do about missing packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Plan {
    /// All is there.
    Nothing,
    /// Run these commands, in order, if the owner agrees.
    Install(Vec<Vec<String>>),
    /// Show this line and stop.
    Tell(String),
}

/// Decides what to do. Only Debian's family is installed by itself, since only that was tried.
pub(crate) fn plan(system: System, rights: Rights, missing: &[&str]) -> Plan {
    if missing.is_empty() {
        return Plan::Nothing;
    }
    let prefix: &[&str] = match (system, rights) {
        (System::Debian, Rights::Root) => &["env"],
        (System::Debian, Rights::Sudo) => &["sudo", "env"],
        _ => return Plan::Tell(install_line(system, missing)),
    };
    let apt = |arguments: &[&str]| {
        let quiet = ["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"];
        [prefix, &quiet, arguments].concat().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let install = [&["install", "-y", "--no-install-recommends"], missing].concat();
    Plan::Install(vec![apt(&["update"]), apt(&install)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_told_by_their_family() {
        let check = |os, text, expected| assert_eq!(identify(os, text), expected, "{os}: {text}");
        check("linux", "PRETTY_NAME=\"Debian 12\"\nID=debian\n", System::Debian);
        check("linux", "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", System::Debian);
        check("linux", "ID=nobara\nID_LIKE=\"rhel centos fedora\"", System::Fedora);
        check("linux", "ID=manjaro\nID_LIKE=arch", System::Arch);
        check("linux", "ID=nixos\nHOME_URL=\"debian\"", System::OtherLinux);
        check("macos", "", System::MacOs);
        check("windows", "", System::Windows);
    }

    #[test]
    fn a_package_counts_only_when_it_is_fully_installed() {
        let dpkg = "xvfb installed\nxauth config-files\nlibdbus-1-dev-doc installed\n";
        assert_eq!(missing(&["xvfb", "xauth", "libdbus-1-dev"], dpkg), ["xauth", "libdbus-1-dev"]);
    }

    #[test]
    fn testing_needs_all_that_running_needs() {
        for system in [System::Debian, System::Fedora, System::Arch] {
            let run = packages(system, Purpose::Run);
            let test = packages(system, Purpose::Test);
            assert!(!run.is_empty() && test.starts_with(&run) && test.len() > run.len(), "{system:?}");
        }
    }

    #[test]
    fn nothing_is_installed_without_rights_or_on_an_untried_system() {
        let lacks = ["xvfb"];
        assert_eq!(plan(System::Debian, Rights::Root, &[]), Plan::Nothing);
        let told = plan(System::Debian, Rights::None, &lacks);
        assert_eq!(told, Plan::Tell("sudo apt-get install --no-install-recommends xvfb".into()));
        for system in [System::Fedora, System::Arch, System::OtherLinux, System::MacOs, System::Windows] {
            assert!(
                matches!(plan(system, Rights::Root, &lacks), Plan::Tell(line) if !line.is_empty()),
                "{system:?}"
            );
        }
    }

    #[test]
    fn debian_is_asked_for_exactly_what_is_missing() {
        let Plan::Install(commands) = plan(System::Debian, Rights::Sudo, &["xvfb", "xauth"]) else {
            panic!("with sudo the packages are installed");
        };
        let lines: Vec<String> = commands.iter().map(|command| command.join(" ")).collect();
        assert_eq!(
            lines,
            [
                "sudo env DEBIAN_FRONTEND=noninteractive apt-get -q update",
                "sudo env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends xvfb xauth",
            ]
        );
    }
}
