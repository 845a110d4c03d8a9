//! The test runner, and the display it runs on.

use std::path::Path;
use std::process::Command;

use crate::engine_model;
use crate::place::Place;
use crate::process;
use crate::say;

/// The version the chores were written with; another one that is installed already is taken as it is.
const VERSION: &str = "0.9.143";

/// Makes sure cargo-nextest is there.
pub(crate) fn install(place: &Place) -> anyhow::Result<()> {
    if let Some(version) = process::answer(place.cargo().args(["nextest", "--version"])) {
        say::line(version.lines().next().unwrap_or("cargo-nextest is there"));
        return Ok(());
    }
    say::line("cargo-nextest is not installed; building it once, which takes some minutes");
    process::run(place.cargo().args(["install", "cargo-nextest", "--locked", "--version", VERSION]))
}

/// Runs all tests. On Linux they get a display and a session bus of their own: a window manager or a second
/// Grid Node on the owner's desktop would change what they see.
pub(crate) fn run(place: &Place) -> anyhow::Result<()> {
    let mut command = on_a_display_of_its_own(place)?;
    // Said, and not guessed from where the executables lie: the build folder may be anywhere.
    if std::env::var_os("ANVIL").is_none() {
        command.env("ANVIL", place.anvil());
    }
    command.env("GRID_NODE_SMOLLM2", engine_model::path(place));
    command.args(["nextest", "run", "--workspace", "--features", "custom-protocol", "--no-fail-fast"]);
    process::run(&mut command)
}

/// Lets the test that guards the screen's types write them instead.
pub(crate) fn write_bindings(place: &Place) -> anyhow::Result<()> {
    let mut command = place.cargo();
    command.args([
        "nextest",
        "run",
        "--package",
        "grid-node",
        "--features",
        "custom-protocol",
        "--lib",
        "bindings",
    ]);
    process::run(command.env("GRID_NODE_WRITE_BINDINGS", "1"))
}

/// Cargo, on Linux with a display and a session bus that nobody else uses.
pub(crate) fn on_a_display_of_its_own(place: &Place) -> anyhow::Result<Command> {
    if !cfg!(target_os = "linux") {
        return Ok(place.cargo());
    }
    let cargo = place.cargo();
    let mut command = place.command("dbus-run-session");
    command.args(["--", "xvfb-run", "-a", "-s", "-screen 0 1280x900x24"]).arg(cargo.get_program());
    command.env_remove("WAYLAND_DISPLAY").env("GDK_BACKEND", "x11");
    if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        command.env("XDG_RUNTIME_DIR", private_folder(&place.stamps().join("runtime"))?);
    }
    Ok(command)
}

/// Whether this session can show a window.
pub(crate) fn has_display() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

/// A folder that only we can read, as `XDG_RUNTIME_DIR` must be.
fn private_folder(folder: &Path) -> std::io::Result<&Path> {
    std::fs::create_dir_all(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(folder)
}
