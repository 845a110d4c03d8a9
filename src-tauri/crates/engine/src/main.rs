//! The engine's executable: see the library's documentation.

mod threads;

use std::ffi::OsString;
use std::io::{self, BufReader, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use engine::End;

const HELP: &str = "\
grid-node-engine: loads a model file and answers jobs for Grid Node.

It is started by Grid Node and speaks framed messages on stdin and stdout; it is not meant to be used by hand.

Usage:
  grid-node-engine                               serve the parent process on stdin and stdout
  grid-node-engine requantize SOURCE DESTINATION rewrite a GGUF file with Q8_0 weights
  grid-node-engine --help | --version

Environment:
  CANDLE_NUM_THREADS, RAYON_NUM_THREADS          threads to compute with; by default all physical cores but one
";

const USAGE_ERROR: u8 = 2;
const PROTOCOL_ERROR: u8 = 3;

fn main() -> ExitCode {
    quiet_panics();
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(|word| word.to_str().unwrap_or_default()).collect();
    match words.as_slice() {
        [] if io::stdin().is_terminal() => usage(),
        [] => serve(),
        ["--help" | "-h"] => print(HELP),
        ["--version" | "-V"] => print(concat!("grid-node-engine ", env!("CARGO_PKG_VERSION"), "\n")),
        ["requantize", _, _] => requantize(arguments[1].as_ref(), arguments[2].as_ref()),
        _ => usage(),
    }
}

/// A panic's own words may quote a prompt: a message about a bad slice contains the text it sliced.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| match panic.location() {
        Some(place) => log(&format!("panic at {}:{}", place.file(), place.line())),
        None => log("panic"),
    }));
}

fn log(line: &str) {
    // With stderr gone there is nobody to tell.
    let _ = writeln!(io::stderr(), "grid-node-engine: {line}");
}

fn print(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn usage() -> ExitCode {
    let _ = io::stderr().write_all(HELP.as_bytes());
    ExitCode::from(USAGE_ERROR)
}

fn requantize(source: &Path, destination: &Path) -> ExitCode {
    match engine::requantize(source, destination) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn serve() -> ! {
    threads::leave_one_core();
    let end = engine::serve(BufReader::new(io::stdin().lock()), io::stdout());
    let code = match end {
        End::Shutdown | End::PipeClosed => 0,
        End::Version(_) | End::Disorder | End::Frame(_) | End::Threads(_) => PROTOCOL_ERROR,
    };
    log(&end.to_string());
    // At once, whatever is still being computed.
    std::process::exit(code.into())
}
