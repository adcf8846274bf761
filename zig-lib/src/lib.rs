//! Finds or fetches the pinned Zig and builds the fixture library.
