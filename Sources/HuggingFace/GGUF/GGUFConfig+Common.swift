import GGUF
import JSON

/// What most architectures share.
extension GGUFConfig {
  /// Sets the sizes under the names that most families have, the base of the rotary embedding and
  /// whether the head is tied.
  ///
  /// - Returns: the hidden size and the number of query heads.
  @discardableResult
  mutating func setSizes(_ modelType: String) throws(GGUFError) -> (hidden: Int, heads: Int) {
    members["model_type"] = .string(modelType)
    try setVocabulary()
    let hidden = try set("hidden_size", size: "embedding_length")
    try setLayerCount()
    try set("intermediate_size", size: "feed_forward_length")
    try set("max_position_embeddings", size: "context_length")
    let heads = try set("num_attention_heads", size: "attention.head_count")
    try set("num_key_value_heads", size: "attention.head_count_kv", default: heads)
    try setBase()
    return (hidden, heads)
  }

  /// Sets the size of the vocabulary, which is that of the embeddings, and whether the head is
  /// tied.
  mutating func setVocabulary() throws(GGUFError) {
    let name = "token_embd.weight"
    guard let embedding = tensors[name] else {
      throw GGUFError(file: tensors.path, problem: .missingTensor(name))
    }
    guard embedding.shape.count == 2 else {
      throw GGUFError(
        file: embedding.file.path,
        problem: .badShape(
          tensor: name, expected: "two dimensions", found: "\(embedding.shape.count)"))
    }
    set("vocab_size", to: .integer(embedding.shape[0]), fromTensor: name)
    set(
      "tie_word_embeddings", to: .bool(!tensors.has("output.weight")), fromTensor: "output.weight")
    try checkTokens(count: embedding.shape[0])
  }

  /// Sets the number of layers, which is that of the layers with tensors: more would take memory
  /// for nothing, and fewer would be another model.
  mutating func setLayerCount(as member: String = "num_hidden_layers") throws(GGUFError) {
    let count = try set(member, size: "block_count")
    guard count == tensors.layerCount else {
      throw failure(
        at: "block_count", expected: "\(tensors.layerCount), the layers that have tensors")
    }
  }

  /// Sets the base of the rotary embedding.
  mutating func setBase(as member: String = "rope_theta") throws(GGUFError) {
    // The default is llama.cpp's.
    try set(member, positive: "rope.freq_base", default: 10_000)
  }

  /// Sets the head dimension of a family whose heads have one of their own, and checks that whole
  /// heads rotate.
  mutating func setHeadDimension(_ sizes: (hidden: Int, heads: Int)) throws(GGUFError) {
    let dimension = try headDimension(sizes)
    set("head_dim", to: .integer(dimension), from: "attention.key_length")
    let rotating = try size("rope.dimension_count", default: dimension)
    guard rotating == dimension else {
      throw failure(at: "rope.dimension_count", expected: "\(dimension), the head dimension")
    }
  }

  /// The head dimension, which keys and values share.
  mutating func headDimension(_ sizes: (hidden: Int, heads: Int)) throws(GGUFError) -> Int {
    let dimension = try size(
      "attention.key_length", default: max(1, sizes.hidden / sizes.heads))
    guard try size("attention.value_length", default: dimension) == dimension else {
      throw failure(
        at: "attention.value_length", expected: "\(dimension), as of the keys")
    }
    return dimension
  }

  /// Sets the fraction of a head that rotates.
  mutating func setRotatingFraction(
    _ member: String, _ sizes: (hidden: Int, heads: Int)
  ) throws(GGUFError) {
    let dimension = try headDimension(sizes)
    let rotating = try size("rope.dimension_count", default: dimension)
    guard rotating <= dimension else {
      throw failure(
        at: "rope.dimension_count", expected: "at most \(dimension), the head dimension")
    }
    set(
      member, to: .number(Double(rotating) / Double(dimension)), from: "rope.dimension_count")
  }

  /// The pairs of elements of a head that rotate.
  mutating func rotatingPairs() throws(GGUFError) -> Int {
    let sizes = (
      hidden: try size("embedding_length"), heads: try size("attention.head_count")
    )
    return try size("rope.dimension_count", default: try headDimension(sizes)) / 2
  }

  /// Sets the epsilon of RMS norms, without which llama.cpp loads no model either.
  mutating func setRootMeanSquareEpsilon() throws(GGUFError) {
    try set("rms_norm_eps", positive: "attention.layer_norm_rms_epsilon")
  }

  /// Sets the epsilon of layer norms, without which llama.cpp loads no model either.
  mutating func setLayerNormEpsilon(_ member: String) throws(GGUFError) {
    try set(member, positive: "attention.layer_norm_epsilon")
  }

  /// Sets a member to whether the first layer has a tensor.
  mutating func set(_ member: String, ifLayersHave part: String) {
    set(member, to: .bool(tensors.has("blk.0.\(part)")), fromTensor: "blk.0.\(part)")
  }

  /// Sets `sliding_window` where the file has one; 0 means none.
  @discardableResult
  mutating func setWindow() throws(GGUFError) -> Int? {
    guard let window: Int = try optional("attention.sliding_window"), window != 0 else {
      return nil
    }
    return try set("sliding_window", size: "attention.sliding_window")
  }
}
