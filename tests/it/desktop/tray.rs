//! The place where programs put their signs, as a desktop would have it.

mod item;
mod menu;

use std::time::Duration;

use tokio::sync::watch;
use zbus::Connection;
use zbus::message::Header;

pub(crate) use item::TrayItem;

/// Until the app has put its sign there.
const SIGN: Duration = Duration::from_secs(20);

/// The tray. It stays as long as this lives.
pub(crate) struct TrayHost {
    bus: Connection,
    signs: watch::Receiver<Option<Place>>,
}

/// Where a sign can be asked: who put it there, and under which path.
#[derive(Debug, Clone)]
struct Place {
    owner: String,
    path: String,
}

struct Watcher {
    signs: watch::Sender<Option<Place>>,
}

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    /// Programs name either a path of theirs or their own name on the bus.
    fn register_status_notifier_item(&self, service: &str, #[zbus(header)] header: Header<'_>) {
        let path = if service.starts_with('/') { service } else { "/StatusNotifierItem" };
        let owner = header.sender().map(ToString::to_string).unwrap_or_default();
        self.signs.send_replace(Some(Place { owner, path: path.to_owned() }));
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }
}

impl TrayHost {
    /// Puts a tray on this bus; programs look for it when they start.
    pub(super) async fn open(bus: Connection) -> Self {
        let (signs_in, signs) = watch::channel(None);
        let at = bus.object_server().at("/StatusNotifierWatcher", Watcher { signs: signs_in }).await;
        assert!(at.expect("the bus serves objects"), "one tray a bus");
        bus.request_name("org.kde.StatusNotifierWatcher").await.expect("nobody else is the tray");
        Self { bus, signs }
    }

    /// Waits for the app's sign.
    pub(crate) async fn item(&self) -> TrayItem {
        let mut signs = self.signs.clone();
        let found = tokio::time::timeout(SIGN, signs.wait_for(Option::is_some)).await;
        let found = found.expect("the app puts its sign into the tray in time").expect("the tray is open");
        let place = found.clone().expect("there is one");
        TrayItem::new(self.bus.clone(), place)
    }
}
