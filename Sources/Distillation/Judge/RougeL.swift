/// ROUGE-L (Lin 2004) of two texts: the F1 of their longest common subsequence of words.
///
///     P = LCS / words of the answer,  R = LCS / words of the reference,  F1 = 2 P R / (P + R)
///
/// A word is a run of letters and digits in lower case, without stemming. Two texts without words
/// are equal, so 1; a text without words and another one have 0.
package enum RougeL {
  /// The F1 of an answer and its reference.
  package static func f1<Word: Equatable>(_ answer: [Word], _ reference: [Word]) -> Double {
    let words = answer.count + reference.count
    guard words > 0 else { return 1 }
    // 2 P R / (P + R) with P = l / a and R = l / r is 2 l / (a + r).
    return 2 * Double(commonSubsequence(answer, reference)) / Double(words)
  }

  /// The length of the longest common subsequence, by a table of which one row is kept.
  static func commonSubsequence<Word: Equatable>(_ first: [Word], _ second: [Word]) -> Int {
    var lengths = [Int](repeating: 0, count: second.count + 1)
    for word in first {
      // The entry of the row before, one column to the left.
      var diagonal = 0
      for (column, other) in second.enumerated() {
        let above = lengths[column + 1]
        lengths[column + 1] = word == other ? diagonal + 1 : max(above, lengths[column])
        diagonal = above
      }
    }
    return lengths.last ?? 0
  }
}
