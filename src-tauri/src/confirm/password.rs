//! The password of the key files, asked for by the system and never by the page.

use std::sync::atomic::{AtomicBool, Ordering};

use app::wallet::{AskPassword, WhyTyped};
use tauri::AppHandle;
use types::Sensitive;

use crate::words::Words;

/// Asks in a dialog of the system. A no counts until the owner wants something anew, so that what looks now and then by
/// itself does not ask again and again.
pub(crate) struct NativePassword {
    app: AppHandle,
    words: Words,
    declined: AtomicBool,
}

/// What the dialog shows.
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "there is no such dialog here yet"))]
struct Prompt {
    title: String,
    body: String,
    field: String,
    /// The same once more, for a password that nobody could look up.
    again: Option<String>,
    yes: String,
    no: String,
}

impl NativePassword {
    pub(crate) const fn new(app: AppHandle, words: Words) -> Self {
        Self { app, words, declined: AtomicBool::new(false) }
    }

    fn prompt(&self, is_new: bool) -> Prompt {
        let kind = if is_new { "new" } else { "open" };
        Prompt {
            title: self.words.text(&format!("password.{kind}.title")),
            body: self.words.text(&format!("password.{kind}.body")),
            field: self.words.text("password.field"),
            again: is_new.then(|| self.words.text("password.again")),
            yes: self.words.text(&format!("password.{kind}.yes")),
            no: self.words.text("confirm.no"),
        }
    }
}

impl AskPassword for NativePassword {
    fn ask(&self, why: WhyTyped) -> Option<Sensitive<String>> {
        if self.declined.load(Ordering::Relaxed) {
            return None;
        }
        // Here a keyring is always used, so only the wallet that is being made asks without one.
        let is_new = matches!(why, WhyTyped::NotUsed);
        let given = platform::ask(&self.app, self.prompt(is_new));
        self.declined.store(given.is_none(), Ordering::Relaxed);
        given
    }

    fn owner_acts(&self) {
        self.declined.store(false, Ordering::Relaxed);
    }
}

#[cfg(target_os = "linux")]
mod platform {
    use std::cell::Cell;

    use gtk::prelude::*;
    use tauri::{AppHandle, Manager as _};
    use tokio::sync::oneshot;
    use types::Sensitive;

    use super::Prompt;
    use crate::window::MAIN;

    /// Waits for the answer on a thread that may wait. A dialog that cannot be shown is a no.
    pub(super) fn ask(app: &AppHandle, prompt: Prompt) -> Option<Sensitive<String>> {
        let (answer, answered) = oneshot::channel();
        let parent = app.clone();
        app.run_on_main_thread(move || show(&parent, &prompt, answer)).ok()?;
        answered.blocking_recv().ok().flatten()
    }

    fn show(app: &AppHandle, prompt: &Prompt, answer: oneshot::Sender<Option<Sensitive<String>>>) {
        let window = app.get_webview_window(MAIN).and_then(|window| window.gtk_window().ok());
        let dialog = gtk::MessageDialog::new(
            window.as_ref(),
            gtk::DialogFlags::MODAL,
            gtk::MessageType::Question,
            gtk::ButtonsType::None,
            &prompt.title,
        );
        dialog.set_title(&prompt.title);
        dialog.set_secondary_text(Some(&prompt.body));
        let first = field(&dialog, &prompt.field);
        let second = prompt.again.as_ref().map(|again| field(&dialog, again));
        dialog.add_button(&prompt.no, gtk::ResponseType::Cancel);
        dialog.add_button(&prompt.yes, gtk::ResponseType::Accept);
        dialog.set_default_response(gtk::ResponseType::Accept);
        let answer = Cell::new(Some(answer));
        dialog.connect_response(move |dialog, response| {
            let typed = Sensitive::new(first.text().to_string());
            let same = second.as_ref().is_none_or(|second| second.text() == typed.expose().as_str());
            let yes = response == gtk::ResponseType::Accept;
            // Two that differ are typed anew; the wallet itself says what is too short.
            if yes && !same {
                first.grab_focus();
                return;
            }
            if let Some(answer) = answer.take() {
                let _ = answer.send((yes && !typed.expose().is_empty()).then_some(typed));
            }
            dialog.close();
        });
        dialog.show_all();
        dialog.present();
    }

    /// A field with its label, readable for who sees and for who listens.
    fn field(dialog: &gtk::MessageDialog, words: &str) -> gtk::Entry {
        let label = gtk::Label::new(Some(words));
        label.set_xalign(0.0);
        let entry = gtk::Entry::new();
        entry.set_visibility(false);
        entry.set_input_purpose(gtk::InputPurpose::Password);
        entry.set_activates_default(true);
        label.set_mnemonic_widget(Some(&entry));
        let area = dialog.content_area();
        area.add(&label);
        area.add(&entry);
        entry
    }
}

/// The crate for dialogs on the other systems knows no field for text. The variable for rigs works there.
#[cfg(not(target_os = "linux"))]
mod platform {
    use tauri::AppHandle;
    use types::Sensitive;

    use super::Prompt;

    pub(super) fn ask(_: &AppHandle, _: Prompt) -> Option<Sensitive<String>> {
        tracing::warn!("this system has no dialog for a password yet; give it by GRID_NODE_PASSWORD");
        None
    }
}
