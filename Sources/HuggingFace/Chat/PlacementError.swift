import JSON

/// The reason why a context cannot be placed in a chat template, in one line.
package enum PlacementError: Error, Equatable, Sendable {
  /// The template fails, or refuses the conversation.
  case template(ChatTemplateError)
  /// The template fails, or refuses the conversation, because it has a system message.
  case noSystemMessage(ChatTemplateError)
  /// The template does not print a system message exactly once.
  case systemMessageLost(template: String, count: Int)
  /// The template puts text of the conversation before the system message.
  case movingHeader(template: String)
  /// The template writes another text around this context than around others.
  case contextChangesTemplate(template: String)
  /// A conversation starts with a message after which the template writes the context differently.
  case anotherOpening(String, template: String)
  /// A conversation has other tokens after the context than the closing.
  case anotherClosing(template: String)
  /// The template writes a conversation's tools next to the context, which is the same for all
  /// conversations.
  case toolsBesideContext(template: String)
  /// The template does not write the tools of a run.
  case toolsNotRead(template: String)
  /// The template writes the tools of a run apart from the context, or changes a conversation for
  /// them.
  case toolsElsewhere(template: String)
  /// A run's tools are given as a variable of the template too.
  case toolsTwice
  /// A conversation has other tools than the run.
  case toolsOfConversation
  /// A run has tools and no chat template.
  case toolsWithoutTemplate
  /// The template does not write a response with tool calls where the assistant's answer starts.
  case responseElsewhere(template: String)
  /// A conversation does not start with the user, whose message must hold the context.
  case needsUserFirst(String, template: String)
  /// A message has a role that is neither common nor mentioned in the template.
  case unknownRole(String, template: String)
  /// A conversation has its own system message.
  case systemMessageTaken
  /// No template has this name, and there is no such file.
  case unknownTemplate(String)
  /// The model's own template or special tokens cannot be read.
  case folder(ModelFolderError)
  /// Messages were given for a model without a chat template.
  case noTemplate
  /// Variables were given without a template.
  case variablesWithoutTemplate
  /// A template does not mention a variable.
  case unusedVariable(String, template: String)
}

extension PlacementError: CustomStringConvertible {
  /// The whole error in one line, with the plain names of options.
  package var description: String { text { $0 } }

  /// The whole error in one line.
  ///
  /// - Parameter option: an option's name as the user knows it, from its plain name.
  package func text(option: (String) -> String) -> String {
    switch self {
    case .template(let error): error.description
    case .noSystemMessage(let error):
      "\(error.description): the template takes the context neither as system message nor in front "
        + "of the first user's message; give \(option("template")) the file of one that does"
    case .systemMessageLost(let template, let count):
      "\(template): expected the template to print the system message once, found it "
        + "\(count) times; give \(option("template")) the file of one that does"
    case .movingHeader(let template):
      "\(template): the template puts earlier turns before the system message, so only "
        + "conversations of one turn can be placed"
    case .contextChangesTemplate(let template):
      "\(template): something in the context, such as /no_think, makes the template write another text "
        + "around it; take it out, and tell the template with \(option("template-variable"))"
    case .anotherOpening(let role, let template):
      "messages: expected a first message of role user, found \(role): \(template) writes something else "
        + "between the context and such a message"
    case .anotherClosing(let template):
      "messages: expected a conversation in which the tokens after the context begin with the closing, "
        + "found one for which \(template) writes others"
    case .toolsBesideContext(let template):
      "tools: expected none but those of the whole run, because \(template) writes them next to the context, "
        + "where all lines are alike; give tools that all lines have with "
        + "\(option("tools")), or with \(option("template-variable")) 'tools=[...]', which keeps them"
    case .toolsNotRead(let template):
      "\(option("tools")): expected a chat template that writes the tools, found none of them in what "
        + "\(template) writes; give \(option("template")) the file of one that does"
    case .toolsElsewhere(let template):
      "\(option("tools")): expected the tools beside the context, with the conversation as it is without "
        + "them, found that \(template) writes them in the conversation, or changes that for them; where a "
        + "variable of the template moves them, set it with \(option("template-variable"))"
    case .toolsTwice:
      "\(option("tools")): expected no \(option("template-variable")) tools beside it, found both"
    case .toolsOfConversation:
      "tools: expected none but those of \(option("tools")), which all lines have, found others"
    case .toolsWithoutTemplate:
      "\(option("tools")): expected a chat template that writes the tools, found none; choose one with "
        + "\(option("template"))"
    case .responseElsewhere(let template):
      "messages: \(template) writes the assistant's tool calls elsewhere than where an answer begins, so "
        + "they cannot be a response"
    case .needsUserFirst(let role, let template):
      "messages: expected a first message of role user, found \(role): \(template) takes no system "
        + "message, so the context begins the user's first"
    case .unknownRole(let role, let template):
      "messages: expected the role user, assistant, tool or developer, found \"\(role)\", which "
        + "\(template) does not mention"
    case .systemMessageTaken:
      "messages: expected none of role system, because the context takes its place"
    case .unknownTemplate(let name):
      "\(option("template")) \(name): expected "
        + "\(Listed(["auto", "raw"] + ChatTemplate.builtInNames + ["the file of a template"]))"
    case .folder(let error): error.description
    case .noTemplate:
      "a conversation needs a chat template, and there is none; choose one with "
        + "\(option("template")), or give prompts as texts"
    case .variablesWithoutTemplate:
      "\(option("template-variable")): expected a chat template that takes it, found none; choose "
        + "one with \(option("template"))"
    case .unusedVariable(let name, let template):
      "\(option("template-variable")) \(name): expected a name that the chat template mentions, "
        + "found no such name in \(template)"
    }
  }
}
