//! The app's sign in the tray: its picture, and what its menu does.

use std::time::Duration;

use zbus::Connection;
use zbus::zvariant::{OwnedObjectPath, OwnedValue};

use super::Place;
use super::menu::{self, Entry};
use crate::desktop::patience::wait_for;

const MENU: &str = "com.canonical.dbusmenu";

/// One sign.
pub(crate) struct TrayItem {
    bus: Connection,
    place: Place,
}

impl TrayItem {
    pub(super) const fn new(bus: Connection, place: Place) -> Self {
        Self { bus, place }
    }

    /// The picture it shows now.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        let file: String = self.property("IconName").await;
        std::fs::read(&file).unwrap_or_default()
    }

    /// `Active` while it is to be seen.
    pub(crate) async fn status(&self) -> String {
        self.property("Status").await
    }

    /// What the entries of the menu say, top down, lines between groups left out.
    pub(crate) async fn labels(&self) -> Vec<String> {
        self.entries().await.into_iter().map(|entry| entry.label).collect()
    }

    /// Waits for an entry that begins so, and returns all of what it says.
    pub(crate) async fn wait_for_entry(&self, begin: &str, at_most: Duration) -> String {
        let look = async || self.labels().await.into_iter().find(|label| label.starts_with(begin));
        wait_for(&format!("an entry of the tray's menu that begins {begin:?}"), at_most, look).await
    }

    /// Waits until the sign shows another picture than this one, and returns the new one.
    pub(crate) async fn wait_for_other_picture(&self, than: &[u8], at_most: Duration) -> Vec<u8> {
        let look = async || Some(self.picture().await).filter(|now| !now.is_empty() && now != than);
        wait_for("another picture in the tray", at_most, look).await
    }

    /// Clicks the entry that says this.
    pub(crate) async fn click(&self, label: &str) {
        let entries = self.entries().await;
        let entry = entries.iter().find(|entry| entry.label == label);
        let entry = entry.unwrap_or_else(|| panic!("{label:?} should be one of {entries:?}"));
        assert!(entry.enabled, "{label:?} can be clicked");
        let event = (entry.id, "clicked", zbus::zvariant::Value::I32(0), 0_u32);
        let menu = self.menu().await;
        let owner = Some(self.place.owner.as_str());
        let clicked = self.bus.call_method(owner, &menu, Some(MENU), "Event", &event).await;
        clicked.expect("the menu takes the click");
    }

    async fn entries(&self) -> Vec<Entry> {
        let wanted: (i32, i32, &[&str]) = (0, -1, &[]);
        let menu = self.menu().await;
        let owner = Some(self.place.owner.as_str());
        let layout = self.bus.call_method(owner, &menu, Some(MENU), "GetLayout", &wanted).await;
        menu::entries(&layout.expect("the menu says what is in it"))
    }

    async fn menu(&self) -> OwnedObjectPath {
        self.property("Menu").await
    }

    async fn property<T: TryFrom<OwnedValue>>(&self, name: &str) -> T {
        let wanted = ("org.kde.StatusNotifierItem", name);
        let interface = Some("org.freedesktop.DBus.Properties");
        let owner = Some(self.place.owner.as_str());
        let answer = self.bus.call_method(owner, self.place.path.as_str(), interface, "Get", &wanted).await;
        let value = answer.expect("the sign answers").body().deserialize::<OwnedValue>().expect("a value");
        T::try_from(value).ok().unwrap_or_else(|| panic!("{name} is of the usual kind"))
    }
}
