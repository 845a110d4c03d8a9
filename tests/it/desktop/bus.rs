//! A session bus of one's own.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use zbus::Connection;

/// Who may start itself on the bus: the accessibility service and nobody else. A password store that starts itself
/// would put questions on the screen that no test asked for.
const ACCESSIBILITY: &str = "/usr/share/dbus-1/services/org.a11y.Bus.service";

/// A running session bus. Dropping it ends it, and with it the services it has started.
pub(crate) struct SessionBus {
    address: String,
    accessibility: String,
    _daemon: Child,
}

impl SessionBus {
    /// Starts a bus for programs with this home; its socket lies in the runtime folder.
    pub(super) async fn start(home: &Path, runtime: &Path) -> Self {
        let settings = write_settings(home, runtime);
        let mut daemon = Command::new("dbus-daemon");
        daemon.arg(format!("--config-file={}", settings.display())).args(["--nofork", "--print-address"]);
        daemon.env("HOME", home).env("XDG_RUNTIME_DIR", runtime).kill_on_drop(true);
        // The daemon says on every start that it may not raise its own limits.
        daemon.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut daemon = daemon.spawn().expect("dbus-daemon is installed");
        let said = BufReader::new(daemon.stdout.take().expect("a pipe")).lines().next_line().await;
        let address = said.expect("the bus starts").expect("the bus says where it is");
        let accessibility = accessibility_of(&address).await;
        Self { address, accessibility, _daemon: daemon }
    }

    /// Where programs find it.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Where programs find the bus on which they describe their windows.
    pub(super) fn accessibility(&self) -> &str {
        &self.accessibility
    }

    /// A way for a test to speak on this bus itself.
    pub(super) async fn connection(&self) -> Connection {
        connect(&self.address).await
    }
}

/// A connection to the bus at this address.
pub(super) async fn connect(address: &str) -> Connection {
    let builder = zbus::connection::Builder::address(address).expect("an address");
    builder.build().await.expect("the bus answers")
}

async fn accessibility_of(address: &str) -> String {
    let bus = connect(address).await;
    let asked =
        bus.call_method(Some("org.a11y.Bus"), "/org/a11y/bus", Some("org.a11y.Bus"), "GetAddress", &());
    let answer = asked.await.expect("at-spi2-core is installed");
    answer.body().deserialize().expect("an address")
}

fn write_settings(home: &Path, runtime: &Path) -> std::path::PathBuf {
    let services = home.join("services");
    fs::create_dir(&services).expect("a folder for services");
    fs::copy(ACCESSIBILITY, services.join("org.a11y.Bus.service")).expect("at-spi2-core is installed");
    let settings = format!(
        "<busconfig>
           <type>session</type>
           <listen>unix:path={}/bus</listen>
           <servicedir>{}</servicedir>
           <policy context=\"default\">
             <allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/>
           </policy>
         </busconfig>",
        runtime.display(),
        services.display()
    );
    let file = home.join("bus.conf");
    fs::write(&file, settings).expect("the bus's settings");
    file
}
