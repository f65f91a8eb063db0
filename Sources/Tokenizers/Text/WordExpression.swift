/// The regular expressions that published byte-level tokenizers split text into words with, as
/// tokenizer.json spells them.
package enum WordExpression {
  /// GPT-2, and `ByteLevel` itself.
  package static let gpt2 =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  /// Llama 3: up to three digits together.
  package static let llama3 = cl100k(digits: #"\p{N}{1,3}"#)

  /// Qwen2: every digit apart.
  package static let qwen2 = cl100k(digits: #"\p{N}"#)

  /// Qwen3.5: marks are part of words.
  package static let qwen35 =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}"#
    + #"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

  /// Tekken of Mistral Nemo: words end before a capital letter, and every digit is apart.
  package static let tekken = cased(contraction: "", digits: #"\p{N}"#)

  /// o200k of GPT-4o and Llama 4: as Tekken, with contractions and up to three digits.
  package static let gpt4o = cased(
    contraction: "(?i:'s|'t|'re|'ve|'m|'ll|'d)?", digits: #"\p{N}{1,3}"#)

  /// Three digits; Falcon's last step.
  package static let threeDigits = "[0-9][0-9][0-9]"

  private static func cl100k(digits: String) -> String {
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + digits
      + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }

  private static func cased(contraction: String, digits: String) -> String {
    let start = #"[^\r\n\p{L}\p{N}]?"#
    let upper = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#
    let lower = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#
    return "\(start)\(upper)*\(lower)+\(contraction)|\(start)\(upper)+\(lower)*\(contraction)|"
      + digits + #"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }
}
