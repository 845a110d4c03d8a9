//! One run of the real app under WebKit's driver, in a home of its own.

mod desktop;
mod process;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use process::{Process, processes};

const START: Duration = Duration::from_secs(30);
/// Between two looks at something that tells nobody when it changes.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The app, its window and its driver. Dropping it ends all of them.
pub(crate) struct App {
    pub(crate) page: Client,
    _driver: Child,
    home: TempDir,
}

impl App {
    /// Starts the app with empty homes and waits until its page can be asked.
    pub(crate) async fn open() -> Self {
        assert!(Path::new("ui/dist/assets").is_dir(), "the screen is not built: use `cargo xtask test`");
        let home = tempfile::tempdir().expect("a home");
        let port = free_port();
        let driver = start_driver(port, home.path());
        let page = connect(port).await;
        Self { page, _driver: driver, home }
    }

    /// Waits until an element has this text.
    pub(crate) async fn wait_for_text(&self, css: &str, wanted: &str, at_most: Duration) {
        let begun = Instant::now();
        let mut seen = String::new();
        while begun.elapsed() < at_most {
            seen = text_of(&self.page, css).await;
            if seen == wanted {
                return;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        self.keep_screenshot("failed").await;
        panic!("{css} should say {wanted:?} within {at_most:?}, it says {seen:?}");
    }

    /// Waits until an element is there.
    pub(crate) async fn wait_for_some(&self, css: &str, at_most: Duration) {
        let found = self.page.wait().at_most(at_most).for_element(Locator::Css(css)).await;
        if found.is_err() {
            self.keep_screenshot("failed").await;
            panic!("{css} should appear within {at_most:?}");
        }
    }

    /// Waits until something outside the page is so.
    pub(crate) async fn wait_until(&self, what: &str, at_most: Duration, is_so: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !is_so(self) {
            assert!(begun.elapsed() < at_most, "{what}: not within {at_most:?}");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Presses the first such element.
    pub(crate) async fn click(&self, css: &str) {
        self.wait_for_some(css, START).await;
        let found = self.page.find(Locator::Css(css)).await.expect("it is there");
        found.click().await.expect("it can be pressed");
    }

    /// What a command of the app answers to the page itself.
    pub(crate) async fn invoke(&self, command: &str, arguments: Value) -> Value {
        const ASK: &str = "const [command, values, done] = arguments;
            window.__TAURI_INTERNALS__.invoke(command, values).then(
                () => done({ worked: true }), (why) => done({ worked: false, why: String(why) }))";
        self.page.execute_async(ASK, vec![json!(command), arguments]).await.expect("an answer")
    }

    /// Puts a script into the page and returns by which rule of the page's policy it was blocked.
    pub(crate) async fn inline_script_is_blocked(&self) -> Value {
        const TRY: &str = "const [done] = arguments;
            document.addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective));
            const script = document.createElement('script');
            script.textContent = 'window.wasRun = true';
            document.body.append(script);
            if (window.wasRun) done('was run')";
        self.page.execute_async(TRY, vec![]).await.expect("an answer")
    }

    /// Lets the page try to show another page.
    pub(crate) async fn try_to_leave(&self, url: &str) {
        let _ = self.page.execute("location.href = arguments[0]", vec![json!(url)]).await;
        let _ = self.page.execute("window.open(arguments[0])", vec![json!(url)]).await;
    }

    /// Keeps what the window shows, for people to look at.
    pub(crate) async fn keep_screenshot(&self, name: &str) {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
        let picture = self.page.screenshot().await;
        if let (Ok(()), Ok(picture)) = (std::fs::create_dir_all(&folder), picture) {
            let _ = std::fs::write(folder.join(format!("{name}.png")), picture);
        }
    }

    /// The engines this app has started and that still run.
    pub(crate) fn engines(&self) -> Vec<Process> {
        let apps = self.apps();
        let engines = processes().filter(|process| process.is_named("grid-node-engine"));
        engines.filter(|engine| apps.iter().any(|app| engine.is_child_of(app))).collect()
    }

    /// Whether the app itself runs.
    pub(crate) fn is_running(&self) -> bool {
        !self.apps().is_empty()
    }

    /// Asks the app to end, as a session manager does.
    pub(crate) fn terminate(&self) {
        for process in self.apps() {
            process.send("TERM");
        }
    }

    /// Ends the app without a word, as the system does when memory runs out.
    pub(crate) fn kill(&self) {
        for process in self.apps() {
            process.send("KILL");
        }
    }

    /// Closes the window as a person does.
    pub(crate) fn press_close_button(&self) {
        let apps: Vec<u32> = self.apps().iter().filter_map(|app| app.id().parse().ok()).collect();
        let closed =
            desktop::press_close_button(|process| apps.contains(&process)).expect("the display answers");
        assert_eq!(closed, 1, "the app has one window");
    }

    /// Ends the session, which ends the app if it still runs.
    pub(crate) async fn close(self) {
        let _ = tokio::time::timeout(START, self.page.clone().close()).await;
    }

    fn apps(&self) -> Vec<Process> {
        self.ours().filter(|process| process.is_named("grid-node")).collect()
    }

    /// Everything that was started with our home.
    fn ours(&self) -> impl Iterator<Item = Process> {
        let home = format!("HOME={}", self.home.path().display());
        processes().filter(move |process| process.has_variable(&home))
    }
}

impl Drop for App {
    fn drop(&mut self) {
        // After a failed test the app, its engine and the driver are still there.
        for process in self.engines().into_iter().chain(self.ours()) {
            process.send("KILL");
        }
    }
}

/// The text of the first such element; nothing if there is none now.
pub(crate) async fn text_of(page: &Client, css: &str) -> String {
    match page.find(Locator::Css(css)).await {
        Ok(element) => element.text().await.unwrap_or_default(),
        Err(_) => String::new(),
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port of our own");
    listener.local_addr().expect("bound").port()
}

fn start_driver(port: u16, home: &Path) -> Child {
    // A session bus of its own: on a shared one a second app would only call the first.
    let mut driver = Command::new("dbus-run-session");
    driver
        .args(["--", "WebKitWebDriver", "--host=127.0.0.1", &format!("--port={port}")])
        // Without this the session never opens.
        .env("TAURI_WEBVIEW_AUTOMATION", "true")
        .env("HOME", home)
        .env_remove("XDG_DATA_HOME")
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("XDG_CACHE_HOME")
        .kill_on_drop(true);
    driver
        .spawn()
        .expect("WebKitWebDriver and dbus-run-session are installed; `cargo xtask setup` sees to it")
}

async fn connect(port: u16) -> Client {
    let options = json!({ "binary": env!("CARGO_BIN_EXE_grid-node"), "args": [] });
    let capabilities = Capabilities::from_iter([("webkitgtk:browserOptions".to_owned(), options)]);
    let address = format!("http://127.0.0.1:{port}");
    let begun = Instant::now();
    loop {
        let mut session = ClientBuilder::new(HttpConnector::new());
        let session = session.capabilities(capabilities.clone()).connect(&address);
        match tokio::time::timeout(START, session).await {
            Ok(Ok(page)) => return page,
            // The driver takes a moment until it listens.
            Ok(Err(_)) if begun.elapsed() < START => tokio::time::sleep(LOOK_AGAIN).await,
            Ok(Err(error)) => panic!("the window did not open: {error}"),
            Err(_) => panic!("the window did not open within {START:?}"),
        }
    }
}
