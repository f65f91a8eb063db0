/// The commands in a text for a shell, as lists of words. Quotes, continued lines and comments are
/// read; nothing is expanded.
struct ShellCommands {
  private(set) var commands: [[String]] = []
  private var words: [String] = []
  private var word: String?
  private var quote: Character?

  init(_ text: String) {
    var rest = Substring(text.replacing("\\\n", with: " "))
    while let character = rest.popFirst() {
      if let quote {
        if character == quote { self.quote = nil } else { word?.append(character) }
        continue
      }
      switch character {
      case "\"", "'":
        quote = character
        word = word ?? ""
      case "#" where word == nil: rest = rest.drop { !$0.isNewline }
      case "\\": word = (word ?? "") + String(rest.popFirst() ?? "\\")
      case "\n", ";", "|", "&", "<", ">":
        endWord()
        endCommand()
      case _ where character.isWhitespace: endWord()
      default: word = (word ?? "") + String(character)
      }
    }
    endWord()
    endCommand()
  }

  private mutating func endWord() {
    if let word { words.append(word) }
    word = nil
  }

  private mutating func endCommand() {
    if !words.isEmpty { commands.append(words) }
    words = []
  }

  /// The arguments of every call of train-gpu, also behind a launcher.
  var calls: [[String]] {
    commands.compactMap { words in
      words.firstIndex(of: "train-gpu").map { Array(words[($0 + 1)...]) }
    }
  }
}
