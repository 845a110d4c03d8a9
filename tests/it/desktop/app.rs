//! The app as it runs.

use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::Child;

use super::accessible::Element;
use super::dialog::Dialog;
use super::display;
use super::page::Page;
use super::patience::wait_for;
use super::process::Process;
use super::start::Start;

/// Until a window of the app is on the screen, or off it.
const WINDOW: Duration = Duration::from_secs(20);

/// The app and all that belongs to its run. Dropping it ends them.
pub(crate) struct App {
    pub(super) start: Start,
    started: Child,
}

impl App {
    pub(super) const fn new(start: Start, started: Child) -> Self {
        Self { start, started }
    }

    /// Waits until something outside the page is so.
    pub(crate) async fn wait_until(&self, what: &str, at_most: Duration, is_so: impl Fn(&Self) -> bool) {
        wait_for(what, at_most, async || is_so(self).then_some(())).await;
    }

    /// Waits until a window of the app is on the screen.
    pub(crate) async fn wait_for_window(&self) {
        self.wait_until("a window of the app", WINDOW, |app| app.windows() > 0).await;
    }

    /// How many windows of the app are on the screen.
    pub(crate) fn windows(&self) -> usize {
        display::windows_of(&self.numbers()).expect("the display answers")
    }

    /// Closes the window as a person does.
    pub(crate) fn press_close_button(&self) {
        let closed = display::press_close_button(&self.numbers()).expect("the display answers");
        assert_eq!(closed, 1, "the app has one window");
    }

    /// Whether what is typed now goes to the app.
    pub(crate) fn has_focus(&self) -> bool {
        display::has_focus(&self.numbers()).expect("the display answers")
    }

    /// The home folder of this run.
    pub(crate) fn home(&self) -> &std::path::Path {
        self.start.home().path()
    }

    /// Waits for a question that the app asks in a window of the system.
    pub(crate) async fn question(&self) -> Dialog {
        Dialog::wait(self.start.bus().accessibility()).await
    }

    /// How many questions of the app are on the screen.
    pub(crate) async fn questions(&self) -> usize {
        Dialog::count(self.start.bus().accessibility()).await
    }

    /// All that a screen reader finds in the app's windows now, the page included.
    pub(crate) async fn words(&self) -> String {
        Element::root(self.start.bus().accessibility()).await.words().await
    }

    /// Starts the app a second time in the same home and waits until that start has ended.
    pub(crate) async fn start_again(&self) -> ExitStatus {
        let mut second = self.start.again();
        let ended = tokio::time::timeout(WINDOW, second.status()).await;
        ended.expect("a second start ends by itself").expect("it starts at all")
    }

    /// Starts it anew in the same home after it was killed, under a driver of its own.
    pub(crate) async fn once_more(mut self) -> (Self, Page) {
        self.started.kill().await.expect("the driver of before ends");
        self.wait_until("nothing of before runs", WINDOW, |app| !app.is_running()).await;
        self.start.driven().await
    }

    /// Waits for the end of an app that was started alone.
    pub(crate) async fn ended(&mut self, at_most: Duration) -> ExitStatus {
        let ended = tokio::time::timeout(at_most, self.started.wait()).await;
        ended.expect("the app ends in time").expect("it can be waited for")
    }

    /// What the app wrote to its log so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.start.home().log()).unwrap_or_default()
    }

    /// The engines this app has started and that still run.
    pub(crate) fn engines(&self) -> Vec<Process> {
        self.named("grid-node-engine")
    }

    /// The processes that show pages.
    pub(crate) fn page_processes(&self) -> Vec<Process> {
        self.named("WebKitWebProcess")
    }

    /// The app and all that it has started.
    pub(crate) fn processes(&self) -> Vec<Process> {
        self.start.home().processes()
    }

    /// Whether the app itself runs.
    pub(crate) fn is_running(&self) -> bool {
        !self.apps().is_empty()
    }

    /// Asks the app to end, as a session manager does.
    pub(crate) fn terminate(&self) {
        self.apps().iter().for_each(|app| app.send("TERM"));
    }

    /// Ends the app without a word, as the system does when memory runs out.
    pub(crate) fn kill(&self) {
        self.apps().iter().for_each(|app| app.send("KILL"));
    }

    fn apps(&self) -> Vec<Process> {
        self.named("grid-node")
    }

    fn named(&self, name: &str) -> Vec<Process> {
        let mut found = self.processes();
        found.retain(|process| process.is_named(name));
        found
    }

    fn numbers(&self) -> Vec<u32> {
        self.apps().iter().filter_map(|app| app.id().parse().ok()).collect()
    }
}
