/// The members of a JSON object in the order of the file, each key once.
///
/// Keys are compared by their UTF-8: texts that are canonically equivalent are equal as `String`,
/// but not in JSON.
package struct JSONObject: Sendable {
  /// The members in the order of the file.
  package private(set) var members: [(key: String, value: JSON)] = []
  /// Finds the members of an object that is too long to look through.
  private var index = JSONKeyIndex()

  /// Up to so many members are looked through: most objects are short and need no index.
  private static let longestSearch = 8

  /// An object without members.
  package init() {}

  /// The keys in the order of the file.
  package var keys: [String] { members.map { $0.key } }

  /// The number of members.
  package var count: Int { members.count }

  /// The value of `key`, or nil. Assigning a new key puts it last; assigning nil removes the
  /// member.
  package subscript(key: String) -> JSON? {
    get { position(of: key).map { members[$0].value } }
    set {
      guard let newValue else {
        remove(key)
        return
      }
      if !append(key, newValue), let position = position(of: key) {
        members[position].value = newValue
      }
    }
  }

  /// Puts a member last; false, and nothing changed, where the key is there already.
  mutating func append(_ key: String, _ value: JSON) -> Bool {
    if members.count < Self.longestSearch {
      if position(of: key) != nil { return false }
    } else {
      if members.count == Self.longestSearch { buildIndex() }
      if !index.insert(key, at: members.count, keyAt: { members[$0].key }) { return false }
    }
    members.append((key, value))
    return true
  }

  private mutating func remove(_ key: String) {
    guard let position = position(of: key) else { return }
    members.remove(at: position)
    if members.count > Self.longestSearch { buildIndex() }
  }

  private mutating func buildIndex() {
    index = JSONKeyIndex()
    for position in members.indices {
      _ = index.insert(members[position].key, at: position, keyAt: { members[$0].key })
    }
  }

  private func position(of key: String) -> Int? {
    members.count > Self.longestSearch
      ? index.position(of: key, keyAt: { members[$0].key })
      : members.firstIndex { $0.key.hasSameBytes(as: key) }
  }
}

extension JSONObject: Equatable {
  /// Whether both have the same members, in any order, as JSON defines an object.
  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.count == right.count && left.members.allSatisfy { right[$0.key] == $0.value }
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  /// An object with these members; of two equal keys the later value stays.
  package init(dictionaryLiteral elements: (String, JSON)...) {
    for (key, value) in elements { self[key] = value }
  }
}
