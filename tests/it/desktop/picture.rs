//! Pictures of what a person would see, kept for people to look at.

use std::error::Error;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat};

/// Where the picture of this name lies.
pub(super) fn file(name: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the build folder");
    let folder = target.join("screenshots");
    std::fs::create_dir_all(&folder).expect("a folder for pictures");
    folder.join(format!("{name}.png"))
}

/// Keeps a picture of the whole screen: the page's own driver sees no window of the system.
pub(crate) fn keep_screen(name: &str) -> Result<(), Box<dyn Error>> {
    let (display, screen) = x11rb::connect(None)?;
    let root = &display.setup().roots[screen];
    let (width, height) = (root.width_in_pixels, root.height_in_pixels);
    let image =
        display.get_image(ImageFormat::Z_PIXMAP, root.root, 0, 0, width, height, u32::MAX)?.reply()?;
    // Blue, green, red and an unused byte, as on every screen of 24 bits.
    let pixels = image.data.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]);
    let file = BufWriter::new(File::create(file(name))?);
    let mut picture = png::Encoder::new(file, width.into(), height.into());
    picture.set_color(png::ColorType::Rgb);
    picture.write_header()?.write_image_data(&pixels.collect::<Vec<u8>>())?;
    Ok(())
}
