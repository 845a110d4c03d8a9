//! Files that the owner names in the system's own dialog. The page never learns where they are.

use std::path::PathBuf;

use tauri::AppHandle;

/// What the dialog shows.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// What it is for.
    pub(crate) title: String,
    /// What the button says.
    pub(crate) yes: String,
    /// The way out.
    pub(crate) no: String,
    /// What the files are called.
    pub(crate) kind: String,
    /// How their names end.
    pub(crate) ending: &'static str,
}

/// Where to write a new file. An existing one is only named after the system asked whether it may be replaced.
pub(crate) async fn to_write(app: &AppHandle, question: Question, name: String) -> Option<PathBuf> {
    platform::ask(app, question, Some(name)).await
}

/// Which file to read.
pub(crate) async fn to_read(app: &AppHandle, question: Question) -> Option<PathBuf> {
    platform::ask(app, question, None).await
}

/// GTK, which Tauri brings; see the dialog of the confirmation.
#[cfg(any(target_os = "linux", target_os = "freebsd", target_os = "openbsd", target_os = "netbsd"))]
mod platform {
    use std::cell::Cell;
    use std::path::PathBuf;

    use gtk::prelude::*;
    use tauri::{AppHandle, Manager as _};
    use tokio::sync::oneshot;

    use super::Question;
    use crate::window::MAIN;

    pub(super) async fn ask(app: &AppHandle, question: Question, name: Option<String>) -> Option<PathBuf> {
        let (answer, answered) = oneshot::channel();
        let parent = app.clone();
        app.run_on_main_thread(move || show(&parent, &question, name.as_deref(), answer)).ok()?;
        answered.await.ok().flatten()
    }

    fn show(
        app: &AppHandle,
        question: &Question,
        name: Option<&str>,
        answer: oneshot::Sender<Option<PathBuf>>,
    ) {
        let window = app.get_webview_window(MAIN).and_then(|window| window.gtk_window().ok());
        let action = if name.is_some() { gtk::FileChooserAction::Save } else { gtk::FileChooserAction::Open };
        let dialog = gtk::FileChooserDialog::new(Some(&question.title), window.as_ref(), action);
        dialog.set_modal(true);
        dialog.set_local_only(true);
        dialog.add_button(&question.no, gtk::ResponseType::Cancel);
        dialog.add_button(&question.yes, gtk::ResponseType::Accept);
        dialog.set_default_response(gtk::ResponseType::Accept);
        if let Some(name) = name {
            dialog.set_current_name(name);
            dialog.set_do_overwrite_confirmation(true);
        }
        let filter = gtk::FileFilter::new();
        filter.set_name(Some(&question.kind));
        filter.add_pattern(&format!("*.{}", question.ending));
        dialog.add_filter(filter);
        let answer = Cell::new(Some(answer));
        dialog.connect_response(move |dialog, response| {
            if let Some(answer) = answer.take() {
                let _ =
                    answer.send((response == gtk::ResponseType::Accept).then(|| dialog.filename()).flatten());
            }
            dialog.close();
        });
        dialog.show_all();
        dialog.present();
    }
}

/// The crate that Tauri's own plugin uses, without that plugin, which would let the page ask.
#[cfg(not(any(target_os = "linux", target_os = "freebsd", target_os = "openbsd", target_os = "netbsd")))]
mod platform {
    use std::path::PathBuf;

    use rfd::AsyncFileDialog;
    use tauri::{AppHandle, Manager as _};
    use tokio::sync::oneshot;

    use super::Question;
    use crate::window::MAIN;

    pub(super) async fn ask(app: &AppHandle, question: Question, name: Option<String>) -> Option<PathBuf> {
        let (made, dialog) = oneshot::channel();
        let parent = app.clone();
        // macOS shows dialogs from its main thread only.
        let shown = app.run_on_main_thread(move || {
            let mut dialog = AsyncFileDialog::new()
                .set_title(question.title)
                .add_filter(question.kind, &[question.ending]);
            if let Some(window) = parent.get_webview_window(MAIN) {
                dialog = dialog.set_parent(&window);
            }
            let asked: futures_util::future::BoxFuture<'static, _> = match name {
                Some(name) => Box::pin(dialog.set_file_name(name).save_file()),
                None => Box::pin(dialog.pick_file()),
            };
            let _ = made.send(asked);
        });
        let (true, Ok(dialog)) = (shown.is_ok(), dialog.await) else { return None };
        Some(dialog.await?.path().to_owned())
    }
}
