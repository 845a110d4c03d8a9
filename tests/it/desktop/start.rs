//! How the app is started: where it lives, what it is told, and who watches.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;
use tokio::process::Command;

use super::app::App;
use super::bus::SessionBus;
use super::home::Home;
use super::page::{self, Page};
use super::tray::TrayHost;

/// A start that has not happened yet.
pub(crate) struct Start {
    home: Home,
    bus: Option<SessionBus>,
    program: PathBuf,
    arguments: Vec<String>,
    keeps_wallet: bool,
    _house: Option<TempDir>,
}

impl Start {
    /// In an empty home, on a session bus of its own.
    pub(crate) async fn new() -> Self {
        let mut start = Self::without_a_bus();
        start.bus = Some(SessionBus::start(start.home.path(), &start.home.runtime()).await);
        start
    }

    /// In an empty home, with no session bus anywhere.
    pub(crate) fn without_a_bus() -> Self {
        assert!(Path::new("ui/dist/assets").is_dir(), "the screen is not built: use `cargo xtask test`");
        let program = PathBuf::from(env!("CARGO_BIN_EXE_grid-node"));
        Self {
            home: Home::new(),
            bus: None,
            program,
            arguments: Vec::new(),
            keeps_wallet: false,
            _house: None,
        }
    }

    /// With these arguments besides.
    pub(crate) fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        self
    }

    /// With a wallet that stays in the home, so that a later start has the same one.
    pub(crate) fn with_a_kept_wallet(mut self) -> Self {
        self.keeps_wallet = true;
        self
    }

    /// With an engine that answers every job with this text. The app starts the engine that lies beside it, so it
    /// gets a folder where another one lies.
    pub(crate) fn with_an_engine_that_says(mut self, answer: &str) -> Self {
        let house = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder beside the build");
        let program = house.path().join("grid-node");
        fs::hard_link(&self.program, &program).expect("the app in its other place");
        fs::hard_link(talking_engine(&self.program), house.path().join("grid-node-engine"))
            .expect("the other engine beside it");
        fs::write(house.path().join("answer.txt"), answer).expect("what it says");
        let model = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/models/kjv-tiny.Q8_0.gguf");
        self.program = program;
        self._house = Some(house);
        self.with(&["--practice-model", model])
    }

    /// Opens a tray on the bus; to be done before the app starts.
    pub(crate) async fn tray(&self) -> TrayHost {
        TrayHost::open(self.bus().connection().await).await
    }

    /// Starts the app as a person does.
    pub(crate) async fn alone(self) -> App {
        let mut command = self.command(&self.program);
        command.args(&self.arguments);
        let started = command.spawn().expect("the app starts");
        App::new(self, started)
    }

    /// Starts the app under WebKit's driver and waits until its page can be asked.
    pub(crate) async fn driven(self) -> (App, Page) {
        let port = page::free_port();
        let mut command = self.command(installed("WebKitWebDriver"));
        command.args(["--host=127.0.0.1", &format!("--port={port}")]);
        // Without this the session never opens.
        command.env("TAURI_WEBVIEW_AUTOMATION", "true");
        let driver = command.spawn().expect("the driver starts");
        let app = App::new(self, driver);
        let page = Page::connect(port, &app.start.program, &app.start.arguments).await;
        (app, page)
    }

    /// A program in this home and on this bus.
    pub(super) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env("HOME", self.home.path()).env("XDG_RUNTIME_DIR", self.home.runtime());
        for theirs in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "DBUS_SESSION_BUS_ADDRESS"] {
            command.env_remove(theirs);
        }
        if self.keeps_wallet {
            command.env("GRID_NODE_PASSWORD", "correct horse battery staple");
        }
        match &self.bus {
            Some(bus) => command
                .env("DBUS_SESSION_BUS_ADDRESS", bus.address())
                // Said, because an address that an earlier run left on the display would be taken first.
                .env("AT_SPI_BUS_ADDRESS", bus.accessibility()),
            // On the usual path lies a program that starts a bus for whoever misses one, and the bridge to screen
            // readers would find it even so.
            None => command.env("PATH", self.home.path()).env("NO_AT_BRIDGE", "1"),
        };
        let log = File::options().create(true).append(true).open(self.home.log()).expect("a log");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).kill_on_drop(true);
        command
    }

    /// The same start once more, beside the first.
    pub(super) fn again(&self) -> Command {
        let mut command = self.command(&self.program);
        command.args(&self.arguments);
        command
    }

    pub(super) const fn home(&self) -> &Home {
        &self.home
    }

    pub(super) fn bus(&self) -> &SessionBus {
        self.bus.as_ref().expect("this start has a session bus")
    }
}

/// Where a program lies: the app's own path to search may be empty.
fn installed(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("{program} is not installed; `cargo xtask setup` sees to it"))
}

/// The double lies where cargo puts examples.
fn talking_engine(app: &Path) -> PathBuf {
    let engine = app.with_file_name("examples").join("talking-engine");
    assert!(engine.is_file(), "the talking engine is not built: run cargo build --examples");
    engine
}
