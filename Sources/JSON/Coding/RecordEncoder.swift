extension JSON {
  /// The JSON value of a record.
  ///
  /// - Throws: what the record's own `encode(to:)` throws.
  package init(encoding record: some Encodable) throws {
    let encoder = RecordEncoder()
    try encoder.encode(record)
    self = encoder.node.json
  }
}

/// The value that an encoder makes, with the values inside it.
private final class RecordNode {
  enum Contents {
    case value(JSON)
    case members([(key: String, node: RecordNode)])
    case elements([RecordNode])
  }

  var contents = Contents.value(.null)

  var json: JSON {
    switch contents {
    case .value(let json): return json
    case .elements(let nodes): return .array(nodes.map(\.json))
    case .members(let members):
      var object = JSONObject()
      for (key, node) in members { object[key] = node.json }
      return .object(object)
    }
  }

  func addMember(_ key: String) -> RecordNode {
    let node = RecordNode()
    if case .members(let members) = contents {
      contents = .members(members + [(key, node)])
    } else {
      contents = .members([(key, node)])
    }
    return node
  }

  func addElement() -> RecordNode {
    let node = RecordNode()
    if case .elements(var nodes) = contents {
      contents = .elements([])
      nodes.append(node)
      contents = .elements(nodes)
    } else {
      contents = .elements([node])
    }
    return node
  }

  var count: Int { if case .elements(let nodes) = contents { nodes.count } else { 0 } }
}

/// Encodes a record into a tree of values.
private struct RecordEncoder: Encoder {
  var node = RecordNode()
  var codingPath: [any CodingKey] = []
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func encode(_ value: some Encodable) throws {
    if let scalar = value as? any JSONScalar {
      node.contents = .value(scalar.scalar)
    } else {
      try value.encode(to: self)
    }
  }

  func member(_ key: any CodingKey) -> RecordEncoder {
    RecordEncoder(node: node.addMember(key.stringValue), codingPath: codingPath + [key])
  }

  func element() -> RecordEncoder {
    RecordEncoder(node: node.addElement(), codingPath: codingPath)
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    // A record may take its container more than once, to be written in parts.
    if case .members = node.contents {} else { node.contents = .members([]) }
    return KeyedEncodingContainer(MemberContainer(encoder: self))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    node.contents = .elements([])
    return ElementContainer(encoder: self)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    ValueContainer(encoder: self)
  }
}

private struct MemberContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let encoder: RecordEncoder
  var codingPath: [any CodingKey] { encoder.codingPath }

  func encodeNil(forKey key: Key) { _ = encoder.member(key) }

  func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
    try encoder.member(key).encode(value)
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> {
    encoder.member(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    encoder.member(key).unkeyedContainer()
  }

  func superEncoder() -> any Encoder { encoder }

  func superEncoder(forKey key: Key) -> any Encoder { encoder.member(key) }
}

private struct ElementContainer: UnkeyedEncodingContainer {
  let encoder: RecordEncoder
  var codingPath: [any CodingKey] { encoder.codingPath }
  var count: Int { encoder.node.count }

  func encodeNil() { _ = encoder.element() }

  func encode<Value: Encodable>(_ value: Value) throws { try encoder.element().encode(value) }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) -> KeyedEncodingContainer<Nested> {
    encoder.element().container(keyedBy: type)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    encoder.element().unkeyedContainer()
  }

  func superEncoder() -> any Encoder { encoder.element() }
}

private struct ValueContainer: SingleValueEncodingContainer {
  let encoder: RecordEncoder
  var codingPath: [any CodingKey] { encoder.codingPath }

  func encodeNil() { encoder.node.contents = .value(.null) }

  func encode<Value: Encodable>(_ value: Value) throws { try encoder.encode(value) }
}
