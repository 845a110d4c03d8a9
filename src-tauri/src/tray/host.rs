//! Whether the desktop has a place for signs.

/// Windows and macOS always have a place for it.
#[cfg(not(target_os = "linux"))]
pub(super) async fn is_there() -> bool {
    true
}

/// On Linux the desktop may have none, and then says so on the session bus, or there is not even a bus.
#[cfg(target_os = "linux")]
pub(super) async fn is_there() -> bool {
    use std::time::Duration;

    // A desktop that does not answer shows nothing either.
    const PATIENCE: Duration = Duration::from_secs(1);
    matches!(tokio::time::timeout(PATIENCE, ask_desktop()).await, Ok(Ok(true)))
}

#[cfg(target_os = "linux")]
async fn ask_desktop() -> zbus::Result<bool> {
    const WATCHER: &str = "org.kde.StatusNotifierWatcher";
    let bus = zbus::Connection::session().await?;
    let properties = Some("org.freedesktop.DBus.Properties");
    let asked = (WATCHER, "IsStatusNotifierHostRegistered");
    let answer = bus.call_method(Some(WATCHER), "/StatusNotifierWatcher", properties, "Get", &asked).await?;
    Ok(answer.body().deserialize::<zbus::zvariant::Value<'_>>()?.downcast()?)
}
