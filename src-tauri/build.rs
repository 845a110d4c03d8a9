//! Tells Tauri what the window may ask, and makes sure that there is a page to embed.

use std::fs;
use std::path::Path;

/// Every command of the shell. Declaring them makes Tauri refuse those that no capability grants.
const COMMANDS: &[&str] = &[
    "status",
    "pause",
    "resume",
    "send_practice_job",
    "wallet",
    "earnings",
    "look_again",
    "begin",
    "go_on",
    "give_up",
    "get_practice_money",
    "skip_cooldown",
    "account",
    "look_at_account",
    "manage_account",
    "keep_key",
    "history",
    "jobs",
    "payouts",
    "rates",
    "look_at_rates",
    "save_jobs",
    "save_payouts",
    "engines",
    "find_servers",
    "look_at_server",
    "add_server",
    "add_own_model",
    "change_engine",
    "remove_engine",
    "coordinator",
    "set_coordinator",
    "settings",
    "set_theme",
    "open_link",
    "quit",
    "report_blocked",
];

const PLACEHOLDER: &str = "<!doctype html>
<html lang=\"en\">
  <head><meta charset=\"utf-8\"><title>Grid Node</title></head>
  <body>
    <h1>The screen is not built yet</h1>
    <p>Start Grid Node with <code>cargo xtask run</code>, or build the screen with
    <code>npm ci</code> and <code>npm run build</code> in the folder <code>ui</code>.</p>
  </body>
</html>
";

fn main() {
    for embedded in ["src-tauri/capabilities", "tauri.conf.json", "ui/dist", "ui/isolation"] {
        println!("cargo:rerun-if-changed={embedded}");
    }
    write_placeholder_if_missing(Path::new("ui/dist"))
        .expect("write a page that says how to build the screen");
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    let attributes = tauri_build::Attributes::new()
        .app_manifest(manifest)
        .capabilities_path_pattern("src-tauri/capabilities/*.json");
    tauri_build::try_build(attributes).expect("tauri's part of the build");
}

/// `cargo build` must work with Rust alone, and the app embeds this folder at compile time.
fn write_placeholder_if_missing(dist: &Path) -> std::io::Result<()> {
    let page = dist.join("index.html");
    if page.exists() {
        return Ok(());
    }
    fs::create_dir_all(dist)?;
    fs::write(page, PLACEHOLDER)
}
