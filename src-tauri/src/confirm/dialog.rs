//! The system's own dialog with two answers. Closing it, or waiting too long, is a no.

use std::time::Duration;

use tauri::AppHandle;

use super::question::Question;

/// Whether the owner pressed the yes button.
pub(super) async fn ask(app: &AppHandle, question: Question, patience: Duration) -> bool {
    platform::ask(app, question, patience).await
}

/// GTK, which Tauri brings. The usual crate for dialogs would start a second thread for it, and GTK wants one.
#[cfg(any(target_os = "linux", target_os = "freebsd", target_os = "openbsd", target_os = "netbsd"))]
mod platform {
    use std::cell::Cell;
    use std::time::Duration;

    use gtk::prelude::*;
    use tauri::{AppHandle, Manager as _};
    use tokio::sync::oneshot;

    use crate::confirm::question::Question;
    use crate::window::MAIN;

    /// Before that nobody has read the question.
    const TO_READ: Duration = Duration::from_millis(700);

    pub(super) async fn ask(app: &AppHandle, question: Question, patience: Duration) -> bool {
        let (answer, answered) = oneshot::channel();
        let parent = app.clone();
        let shown = app.run_on_main_thread(move || show(&parent, &question, patience, answer));
        // A dialog that cannot be shown, or goes away with its thread, is a no.
        shown.is_ok() && answered.await.unwrap_or(false)
    }

    fn show(app: &AppHandle, question: &Question, patience: Duration, answer: oneshot::Sender<bool>) {
        let window = app.get_webview_window(MAIN).and_then(|window| window.gtk_window().ok());
        let dialog = gtk::MessageDialog::new(
            window.as_ref(),
            gtk::DialogFlags::MODAL,
            gtk::MessageType::Question,
            gtk::ButtonsType::None,
            &question.title,
        );
        dialog.set_title(&question.title);
        dialog.set_secondary_text(Some(&question.body));
        dialog.add_button(&question.no, gtk::ResponseType::Cancel);
        dialog.add_button(&question.yes, gtk::ResponseType::Accept);
        // Whoever presses Enter without reading says no, and a click that was meant for what was there before says nothing.
        dialog.set_default_response(gtk::ResponseType::Cancel);
        dialog.set_response_sensitive(gtk::ResponseType::Accept, false);
        after(&dialog, TO_READ, |dialog| dialog.set_response_sensitive(gtk::ResponseType::Accept, true));
        after(&dialog, patience, |dialog| dialog.response(gtk::ResponseType::Cancel));
        let answer = Cell::new(Some(answer));
        dialog.connect_response(move |dialog, response| {
            if let Some(answer) = answer.take() {
                let _ = answer.send(response == gtk::ResponseType::Accept);
            }
            dialog.close();
        });
        dialog.show_all();
        dialog.present();
    }

    /// Does something with the dialog a while later, if it is still there.
    fn after(dialog: &gtk::MessageDialog, pause: Duration, act: impl FnOnce(&gtk::MessageDialog) + 'static) {
        let later = dialog.downgrade();
        gtk::glib::timeout_add_local_once(pause, move || {
            if let Some(dialog) = later.upgrade() {
                act(&dialog);
            }
        });
    }
}

/// The crate that Tauri's own plugin uses, without that plugin, which would bring file access along.
///
/// The first button is the one that Enter presses, so it is the no. A question that nobody answers in time stays on the
/// screen, for there is no way to take it away, and its answer is worth nothing then.
#[cfg(not(any(target_os = "linux", target_os = "freebsd", target_os = "openbsd", target_os = "netbsd")))]
mod platform {
    use std::time::Duration;

    use rfd::{AsyncMessageDialog, MessageButtons, MessageDialogResult, MessageLevel};
    use tauri::{AppHandle, Manager as _};
    use tokio::sync::oneshot;

    use crate::confirm::question::Question;
    use crate::window::MAIN;

    pub(super) async fn ask(app: &AppHandle, question: Question, patience: Duration) -> bool {
        let yes = question.yes.clone();
        let (made, dialog) = oneshot::channel();
        let parent = app.clone();
        // A sheet of a window that is away would never be seen.
        crate::window::show(app);
        // macOS shows dialogs from its main thread only.
        let shown = app.run_on_main_thread(move || {
            let buttons = MessageButtons::OkCancelCustom(question.no, question.yes);
            let mut dialog = AsyncMessageDialog::new()
                .set_level(MessageLevel::Info)
                .set_title(question.title)
                .set_description(question.body)
                .set_buttons(buttons);
            if let Some(window) = parent.get_webview_window(MAIN) {
                dialog = dialog.set_parent(&window);
            }
            let _ = made.send(dialog.show());
        });
        let (true, Ok(dialog)) = (shown.is_ok(), dialog.await) else { return false };
        match tokio::time::timeout(patience, dialog).await {
            Ok(MessageDialogResult::Custom(pressed)) => pressed == yes,
            // A system that shows its own words on the buttons did not ask our question.
            Ok(_) | Err(_) => false,
        }
    }
}
