//! The windows as a screen reader meets them: what is on the accessibility bus.

use serde::Serialize;
use zbus::zvariant::{DynamicType, OwnedObjectPath, OwnedValue};
use zbus::{Connection, Message};

use super::bus;

const ACCESSIBLE: &str = "org.a11y.atspi.Accessible";
/// The bits of an element's state that say it can be operated and seen now.
const SENSITIVE: u32 = 1 << 24;
const SHOWING: u32 = 1 << 25;

/// One element: a program, a window, a button.
#[derive(Clone)]
pub(super) struct Element {
    bus: Connection,
    owner: String,
    path: OwnedObjectPath,
}

impl Element {
    /// The root, whose children are the programs.
    pub(super) async fn root(address: &str) -> Self {
        let path = "/org/a11y/atspi/accessible/root".try_into().expect("a path");
        Self { bus: bus::connect(address).await, owner: "org.a11y.atspi.Registry".to_owned(), path }
    }

    /// What lies in it; nothing if it is gone.
    ///
    /// They are asked for one by one: where the page begins, the list of all children is empty.
    pub(super) async fn children(&self) -> Vec<Self> {
        let mut children = Vec::new();
        for place in 0..self.property::<i32>("ChildCount").await.unwrap_or(0) {
            let Some(answer) = self.ask("GetChildAtIndex", &place).await else { continue };
            let Ok((owner, path)) = answer.body().deserialize::<(String, OwnedObjectPath)>() else {
                continue;
            };
            children.push(Self { bus: self.bus.clone(), owner, path });
        }
        children
    }

    /// It and everything in it, in reading order.
    pub(super) async fn all(&self) -> Vec<Self> {
        let mut found = Vec::new();
        let mut open = vec![self.clone()];
        while let Some(element) = open.pop() {
            open.extend(element.children().await.into_iter().rev());
            found.push(element);
        }
        found
    }

    /// The names of it and of everything in it, one a line.
    pub(super) async fn words(&self) -> String {
        let mut words = Vec::new();
        for element in self.all().await {
            words.push(element.name().await);
        }
        words.retain(|name| !name.is_empty());
        words.join("\n")
    }

    /// What a screen reader calls it; for a label, its text.
    pub(super) async fn name(&self) -> String {
        plain(&self.property::<String>("Name").await.unwrap_or_default())
    }

    /// What kind of thing it is, for example `push button`.
    pub(super) async fn role(&self) -> String {
        let answer = self.ask("GetRoleName", &()).await;
        answer.and_then(|answer| answer.body().deserialize().ok()).unwrap_or_default()
    }

    /// Whether it can be seen now.
    pub(super) async fn is_showing(&self) -> bool {
        self.state().await & SHOWING != 0
    }

    /// Whether it can be operated now.
    pub(super) async fn is_sensitive(&self) -> bool {
        self.state().await & SENSITIVE != 0
    }

    /// Nothing is true of what is gone.
    async fn state(&self) -> u32 {
        let answer = self.ask("GetState", &()).await;
        let state: Option<Vec<u32>> = answer.and_then(|answer| answer.body().deserialize().ok());
        state.and_then(|state| state.first().copied()).unwrap_or_default()
    }

    /// Does what a click on it does; false if it can do nothing.
    pub(super) async fn press(&self) -> bool {
        let interface = Some("org.a11y.atspi.Action");
        let asked =
            self.bus.call_method(Some(self.owner.as_str()), &self.path, interface, "DoAction", &0_i32);
        asked.await.is_ok_and(|answer| answer.body().deserialize().unwrap_or(false))
    }

    async fn property<T: TryFrom<OwnedValue>>(&self, name: &str) -> Option<T> {
        let interface = Some("org.freedesktop.DBus.Properties");
        let owner = Some(self.owner.as_str());
        let answer =
            self.bus.call_method(owner, &self.path, interface, "Get", &(ACCESSIBLE, name)).await.ok()?;
        T::try_from(answer.body().deserialize::<OwnedValue>().ok()?).ok()
    }

    async fn ask(&self, question: &str, about: &(impl Serialize + DynamicType)) -> Option<Message> {
        let owner = Some(self.owner.as_str());
        self.bus.call_method(owner, &self.path, Some(ACCESSIBLE), question, about).await.ok()
    }
}

/// Words with ordinary spaces between them, so that a test need not know where a no-break space is.
pub(super) fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
