/// The name that a user may have meant.
package enum NearestName {
  /// The nearest of some names to a text; nil where none is near, or is the text itself.
  package static func of(_ text: String, among names: some Sequence<String>) -> String? {
    // A third of the letters, and of a short name one, may be other ones.
    names.map { (name: $0, distance: distance(text, $0)) }
      .filter { 1...max(1, min(text.count, $0.name.count) / 3) ~= $0.distance }
      .min { $0.distance < $1.distance }?.name
  }

  /// A sentence that offers it, with the space before it; empty where none is near.
  package static func question(_ text: String, among names: some Sequence<String>) -> String {
    of(text, among: names).map { ". Did you mean '\($0)'?" } ?? ""
  }

  /// The letters to insert, remove or replace.
  private static func distance(_ a: String, _ b: String) -> Int {
    let letters = Array(b)
    var row = Array(0...letters.count)
    for (index, letter) in a.enumerated() {
      var diagonal = index
      row[0] = index + 1
      for column in letters.indices {
        let replaced = diagonal + (letter == letters[column] ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
      }
    }
    return row[letters.count]
  }
}
