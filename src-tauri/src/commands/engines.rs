//! What serves on a real Grid, and on which.

use std::sync::Arc;

use app::config::EngineSetSource;
use app::engines::EnginesError;
use tauri::{AppHandle, Emitter as _, State};

use crate::confirm::NativeConfirmation;
use crate::dto::{Coordinator, EngineWish, Engines, Failure, Place, Serving};
use crate::node::{Node, the_grid};
use crate::words::Words;
use crate::{ENGINES_CHANGED, SETTINGS_CHANGED, files};

/// The engines that are set up, and what was found beside them.
#[tauri::command]
pub(crate) async fn engines(node: State<'_, Node>) -> Result<Engines, Failure> {
    let settings = node.engines().list().map_err(|error| Failure::because(&error))?;
    let status = node.state().filter(|status| !status.practice);
    Ok(Engines::of(
        &settings,
        status.as_ref().map(|status| &*status.slots),
        &node.engines().search().borrow(),
    ))
}

/// Looks for servers of models on this computer. Answers at once.
#[tauri::command]
pub(crate) async fn find_servers(node: State<'_, Node>) -> Result<(), Failure> {
    let engines = node.engines().clone();
    tauri::async_runtime::spawn(async move { engines.find().await });
    Ok(())
}

/// Looks whether there is one at this address.
#[tauri::command]
pub(crate) async fn look_at_server(
    node: State<'_, Node>,
    confirm: State<'_, Arc<NativeConfirmation>>,
    address: String,
) -> Result<(), Failure> {
    let is_here = app::engines::is_here(&address).map_err(|_| Failure::bad_address())?;
    // Another computer is asked in the owner's name, and what it says is told to the page.
    if !is_here && !confirm.agrees_to_look(&address).await {
        return Ok(());
    }
    node.engines().look_at(&address).await.map_err(|_| Failure::bad_address())
}

/// Serves with one more server.
#[tauri::command]
pub(crate) async fn add_server(
    app: AppHandle,
    node: State<'_, Node>,
    confirm: State<'_, Arc<NativeConfirmation>>,
    wish: EngineWish,
) -> Result<(), Failure> {
    let name = if wish.serving.serve_as.is_empty() { &wish.model } else { &wish.serving.serve_as };
    let facts = [("source", wish.address.as_str()), ("model", wish.model.as_str()), ("name", name.as_str())];
    if !confirm.agrees_to_serve(&facts).await {
        return Ok(());
    }
    let (source, serving) = wish.read();
    changed(&app, &node, node.engines().add(source, serving)).await
}

/// Serves with our own engine and a model file that the owner names.
#[tauri::command]
pub(crate) async fn add_own_model(app: AppHandle, node: State<'_, Node>) -> Result<(), Failure> {
    let Some(model) = files::to_read(&app, model_file()).await else { return Ok(()) };
    changed(&app, &node, node.engines().add(EngineSetSource::Own { model }, Serving::plain().into())).await
}

/// Lets an engine serve in another way.
#[tauri::command]
pub(crate) async fn change_engine(
    app: AppHandle,
    node: State<'_, Node>,
    confirm: State<'_, Arc<NativeConfirmation>>,
    id: u32,
    serving: Serving,
) -> Result<(), Failure> {
    let before = node.engines().list().map_err(|error| Failure::because(&error))?;
    let Some(before) = before.into_iter().nth(id as usize) else { return Err(Failure::no_engine()) };
    let (source, model, name) = (before.source.place(), before.source.model(), before.name());
    let new = if serving.serve_as.is_empty() { model.clone() } else { serving.serve_as.clone() };
    // Under which name answers leave is the owner's to say; how many at once and when, the page may.
    let facts = [("source", source.as_str()), ("model", model.as_str()), ("name", new.as_str())];
    if new != name && !confirm.agrees_to_serve(&facts).await {
        return Ok(());
    }
    changed(&app, &node, node.engines().serve(id as usize, serving.into())).await
}

/// Serves no longer with it.
#[tauri::command]
pub(crate) async fn remove_engine(app: AppHandle, node: State<'_, Node>, id: u32) -> Result<(), Failure> {
    changed(&app, &node, node.engines().remove(id as usize)).await
}

/// Where the node works.
#[tauri::command]
pub(crate) async fn coordinator(node: State<'_, Node>) -> Result<Coordinator, Failure> {
    Ok(Coordinator { now: node.place(), grid: the_grid() })
}

/// Lets the node work elsewhere, after a yes in a dialog of the system.
#[tauri::command]
pub(crate) async fn set_coordinator(
    app: AppHandle,
    node: State<'_, Node>,
    confirm: State<'_, Arc<NativeConfirmation>>,
    place: Place,
) -> Result<(), Failure> {
    let moved = node.move_to(place.whole(), &confirm).await;
    let _ = app.emit(SETTINGS_CHANGED, ());
    moved
}

/// Tells the page, and on a real Grid begins anew with what is set now.
async fn changed(app: &AppHandle, node: &Node, change: Result<(), EnginesError>) -> Result<(), Failure> {
    change.map_err(|error| match error {
        EnginesError::NoSuchEngine => Failure::no_engine(),
        EnginesError::Config(_) | EnginesError::Setting(_) => Failure::because(&error),
    })?;
    let _ = app.emit(ENGINES_CHANGED, ());
    if node.place() != Place::Practice { node.begin_anew().await } else { Ok(()) }
}

fn model_file() -> files::Question {
    let words = Words::english();
    files::Question {
        title: words.text("file.model.title"),
        yes: words.text("file.model.yes"),
        no: words.text("confirm.no"),
        kind: words.text("file.model"),
        ending: "gguf",
    }
}
