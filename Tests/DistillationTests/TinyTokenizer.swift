import Foundation
import Tokenizers

/// A tokenizer of a few words and all letters, for tests of what is done with its identifiers.
enum TinyTokenizer {
  /// Byte-level BPE over a few letters with one merge: `a b` gives `ab`.
  ///
  ///     0 <bos>   1 a   2 b   3 c   4 ab   5 the space
  static let json = """
    {
      "version": "1.0",
      "added_tokens": [
        {"id": 0, "content": "<bos>", "single_word": false, "lstrip": false, "rstrip": false,
         "normalized": false, "special": true}
      ],
      "normalizer": {"type": "Replace", "pattern": {"String": "#"}, "content": ""},
      "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
                        "use_regex": false},
      "post_processor": {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<bos>", "type_id": 0}},
                   {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<bos>": {"id": "<bos>", "ids": [0], "tokens": ["<bos>"]}}
      },
      "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true,
                  "use_regex": true},
      "model": {
        "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
        "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
        "vocab": {"<bos>": 0, "a": 1, "b": 2, "c": 3, "ab": 4, "\\u0120": 5},
        "merges": ["a b"]
      }
    }
    """

  static func make() throws -> Tokenizer {
    try Tokenizer(json: Data(json.utf8), name: "tokenizer.json")
  }
}
