/// A byte-level BPE tokenizer of one byte a token and one merge, for tests of what is done with its
/// identifiers:
///
///     0 <bos>   1 a   2 b   3 c   4 ab   5 the space   6 line feed   7 <|im_start|>   8 <|im_end|>
///     9 ... the other printable characters of ASCII
///
/// `#` leaves nothing.
package enum TinyTokenizer {
  /// The largest identifier plus one.
  package static var vocabularySize: Int { 9 + others.count }

  private static let others: [Character] = (33..<127).map { Character(Unicode.Scalar($0)) }
    .filter { !"abc".contains($0) }

  /// The text of its tokenizer.json.
  package static var json: String {
    let vocabulary =
      [("<bos>", 0), ("a", 1), ("b", 2), ("c", 3), ("ab", 4), ("\\u0120", 5), ("\\u010a", 6)]
      + others.enumerated().map { (escaped($1), 9 + $0) }
    let entries = vocabulary.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ")
    return """
      {
        "version": "1.0",
        "added_tokens": [\(added(0, "<bos>")), \(added(7, "<|im_start|>")), \(added(8, "<|im_end|>"))],
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
          "vocab": {\(entries), "<|im_start|>": 7, "<|im_end|>": 8},
          "merges": ["a b"]
        }
      }
      """
  }

  private static func added(_ identifier: Int, _ token: String) -> String {
    """
    {"id": \(identifier), "content": "\(token)", "single_word": false, "lstrip": false, \
    "rstrip": false, "normalized": false, "special": true}
    """
  }

  private static func escaped(_ character: Character) -> String {
    character == "\"" || character == "\\" ? "\\\(character)" : "\(character)"
  }
}
