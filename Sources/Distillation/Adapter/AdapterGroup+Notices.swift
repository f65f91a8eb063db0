import HuggingFace

/// What a user should know of adapters that are used otherwise than they were trained.
extension AdapterGroup {
  /// How the model of each one's training is related to that of a folder.
  func kinships(to folder: ModelFolder) throws(DistillationError) -> [ModelKinship] {
    try members.map { (member) throws(DistillationError) in
      try member.adapter.kinship(to: folder)
    }
  }

  /// Notices on those that were trained on another quantisation of a model, or with other LoRA
  /// adapters in its weights.
  func notices(_ kinships: [ModelKinship]) -> [InputNotice] {
    zip(members, kinships).compactMap { $1.notice(of: $0.url.path) }
  }

  /// Those that were trained from another teacher than the model that reads the full context now.
  ///
  /// - Parameter found: the teacher, where it is another model than the adapters'.
  func notices(_ found: TeacherRecord?) -> [InputNotice] {
    members.compactMap { member in
      guard case .softPrompt(_, let record) = member.adapter, let trained = record.teacher,
        found.map(trained.isSame) != true
      else { return nil }
      return .otherTeacher(
        adapter: member.url.path, trained: trained.reference, found: found?.reference)
    }
  }

  /// A notice where the prompt stands for other tools than these, or else for another context.
  /// Several prompts have tools and a context each, of which these are at best the sum.
  ///
  /// - Parameters:
  ///   - tools: those beside the context; nil for none.
  ///   - conditioning: the context with them; nil where lines bring their own.
  ///   - file: of the context; nil for tools alone.
  func notices(
    _ tools: ToolDefinitions?, in conditioning: Conditioning?, file: String?
  ) -> [InputNotice] {
    guard members.count == 1, case .softPrompt(_, let record) = members[0].adapter else {
      return []
    }
    let (adapter, path) = (members[0].adapter, members[0].url.path)
    guard record.tools?.digest == tools?.digest else {
      return [
        .otherTools(
          adapter: path, trained: record.tools?.names ?? [], found: tools?.record.names ?? [])
      ]
    }
    guard let conditioning, adapter.isForeign(to: conditioning.context) else { return [] }
    if let file { return [.otherContext(file: file, adapter: path)] }
    return tools == nil ? [] : [.missingContext(adapter: path)]
  }

  /// Those whose training was beside prompts that do not stand right before them here.
  package var notices: [InputNotice] {
    members.indices.compactMap { index in
      let member = members[index]
      guard case .softPrompt(_, let record) = member.adapter, !record.neighbors.isEmpty,
        members[..<index].map(\.record.digest) != record.neighbors.map(\.digest)
      else { return nil }
      return .otherNeighbors(
        adapter: member.url.path, digests: record.neighbors.map(\.digest))
    }
  }
}
