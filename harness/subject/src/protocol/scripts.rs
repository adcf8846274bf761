//! Loops at wire level: scripts of carriers and blocks, and what comes of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::carriers::{Block, Hex};
use crate::BoundId;
use crate::numbers::Small;

/// A script to repeat.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoopScript {
    /// Its memory, filled anew before each run.
    pub blocks: Vec<Block>,
    /// Its calls, in order.
    pub steps: Vec<LoopStep>,
    /// Pieces of its memory that are looked at after each run: block, offset and length.
    pub show: Vec<(Small, Small, Small)>,
}

/// A row of calls on the clock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClockScript {
    /// Its memory, filled once.
    pub blocks: Vec<Block>,
    /// Its calls, in order.
    pub steps: Vec<LoopStep>,
    /// What counts in the checksum once the clock has stopped.
    pub bits: Vec<Left>,
}

/// A call of a function that was linked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoopStep {
    /// The function, as `bound` named it.
    pub function: BoundId,
    /// The arguments, in order.
    pub arguments: Vec<LoopArgument>,
}

/// An argument of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum LoopArgument {
    /// A value of the parameter's type.
    Text(String),
    /// The address of a block of the script.
    Block {
        /// Its index.
        block: Small,
    },
    /// What is there once earlier steps were made.
    Left(Left),
}

/// What steps leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Left {
    /// What a step of this run returned.
    Result {
        /// Its index.
        result: Small,
    },
    /// A word of a block, an unsigned number in the machine's order.
    Word {
        /// The block's index, and the first byte.
        word: (Small, Small),
    },
}

/// What runs of a script came to, and how many did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ran {
    /// What each step returned, as the text of a carrier; null from `void`, and of a pointer 0 or 1.
    pub values: Vec<Option<String>>,
    /// What each piece holds that is looked at.
    pub shown: Vec<Hex>,
    /// How often it came.
    pub times: Small,
}

impl Left {
    /// What a step returned.
    pub fn result(step: usize) -> Left {
        Left::Result { result: step.into() }
    }

    /// A word of a block.
    pub fn word(block: usize, offset: usize) -> Left {
        Left::Word { word: (block.into(), offset.into()) }
    }
}
