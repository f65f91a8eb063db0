/// A part of a regular expression.
indirect enum RegularExpressionNode: Sendable {
  enum Mode: Sendable {
    case greedy, lazy, possessive
  }

  case one(CharacterClass)
  case sequence([RegularExpressionNode])
  case choice([RegularExpressionNode])
  case repeated(RegularExpressionNode, least: Int, most: Int?, Mode)
  case look(RegularExpressionNode, isAhead: Bool, isNegated: Bool)
  case atomic(RegularExpressionNode)
  case lineStart, lineEnd, textStart, textEnd

  /// How many scalars it matches, or nil where that is not always the same.
  var length: Int? {
    switch self {
    case .one: return 1
    case .sequence(let parts):
      var sum = 0
      for part in parts {
        guard let length = part.length else { return nil }
        sum += length
      }
      return sum
    case .choice(let parts):
      guard let first = parts.first?.length else { return nil }
      return parts.allSatisfy { $0.length == first } ? first : nil
    case .repeated(let part, let least, let most, _):
      guard least == most, let length = part.length else { return nil }
      return least * length
    case .atomic(let part): return part.length
    case .look, .lineStart, .lineEnd, .textStart, .textEnd: return 0
    }
  }
}
