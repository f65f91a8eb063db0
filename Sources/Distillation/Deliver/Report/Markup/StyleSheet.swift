/// The style of all reports: one column on a narrow screen, light or dark as the reader's system
/// is. Fonts are the system's, so that a page needs no network.
struct StyleSheet: Sendable {
  static let report = StyleSheet(css: colors + layout + tables + charts + answers)

  let css: String

  private static let colors = """
    :root{color-scheme:light dark;
    --ground:#fbfbfa;--card:#fff;--ink:#1c1d1f;--soft:#63666c;--rule:#e2e3e1;--accent:#0b62c4;
    --lost:#a4262c;--lost-ground:#fbe3e4;--found:#0f6b3c;--found-ground:#dcf3e5;
    --s0:#0b62c4;--s1:#c2410c;--s2:#0f7b4f;--s3:#8b3fb5;--s4:#9a6700;--s5:#c0246f;--s6:#0e7490;--s7:#57606a}
    @media(prefers-color-scheme:dark){:root{
    --ground:#121315;--card:#1a1c1f;--ink:#e7e8ea;--soft:#9ea3ab;--rule:#2f3237;--accent:#74b3ff;
    --lost:#ff9c9c;--lost-ground:#46201f;--found:#86dba8;--found-ground:#173824;
    --s0:#74b3ff;--s1:#ff9f6b;--s2:#5fd39a;--s3:#cf9bff;--s4:#e5bd52;--s5:#ff8fc0;--s6:#5fd0e5;--s7:#b1bac4}}

    """

  private static let layout = """
    *{box-sizing:border-box}
    body{margin:0;background:var(--ground);color:var(--ink);
    font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
    header,main,footer{max-width:82rem;margin:0 auto;padding:0 1.25rem}
    header{padding-top:2rem}footer{padding-bottom:3rem;color:var(--soft);font-size:.85rem}
    h1{font-size:1.7rem;line-height:1.25;margin:0 0 .35rem;font-weight:650}
    h2{font-size:1.15rem;margin:0 0 .75rem;font-weight:650}
    h3{font-size:.95rem;margin:0;font-weight:600;overflow-wrap:anywhere}
    p{margin:.5rem 0;max-width:68ch}p.wide{max-width:none}
    .soft,small{color:var(--soft)}small{font-size:.85rem}
    section{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:1.25rem;margin:1.25rem 0}
    .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:.75rem;margin:1.25rem 0}
    .tile{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:.8rem 1rem}
    .tile .value{font-size:1.65rem;font-weight:650;line-height:1.2;font-variant-numeric:tabular-nums}
    .tile small{display:block}
    dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.25rem;margin:0}
    dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
    code,pre{font:.85rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
    pre{margin:.75rem 0 0;padding:.75rem 1rem;overflow-x:auto;background:var(--ground);border-radius:8px}
    summary{cursor:pointer;color:var(--accent)}
    @media(max-width:36rem){header,main,footer{padding-left:.75rem;padding-right:.75rem}
    section{padding:.9rem}h1{font-size:1.35rem}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}}

    """

  private static let tables = """
    .scroll{overflow-x:auto;margin:0 -.25rem}
    table{border-collapse:collapse;font-variant-numeric:tabular-nums;min-width:100%}
    th,td{padding:.4rem .5rem;text-align:right;white-space:nowrap;border-bottom:1px solid var(--rule)}
    th:first-child,td:first-child{text-align:left}
    thead th{color:var(--soft);font-weight:500;font-size:.85rem;vertical-align:bottom}
    tbody th{font-weight:500}tbody tr:last-child>*{border-bottom:0}
    td.main{font-weight:650}tr.chosen{background:var(--found-ground)}
    .name{overflow-wrap:anywhere;white-space:normal;min-width:7rem}

    """

  private static let charts = """
    .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20.5rem),1fr));gap:1.25rem 1.75rem}
    figure{margin:0;min-width:0;display:flex;flex-direction:column}figure>svg{margin-top:auto}figcaption{font-weight:600;font-size:.95rem}
    svg{display:block;width:100%;max-width:40rem;height:auto}
    svg text{font:11px system-ui,sans-serif;fill:var(--soft)}
    .grid{stroke:var(--rule);stroke-width:1}.axis{stroke:var(--soft);stroke-width:1}
    .curve{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
    .raw{opacity:.35;stroke-width:1}.reference{stroke-width:1.5;stroke-dasharray:5 4}
    .dot{fill:var(--card);stroke:currentColor;stroke-width:2}.dot.best{fill:currentColor}
    svg text.value{fill:var(--ink)}
    .s0{color:var(--s0)}.s1{color:var(--s1)}.s2{color:var(--s2)}.s3{color:var(--s3)}
    .s4{color:var(--s4)}.s5{color:var(--s5)}.s6{color:var(--s6)}.s7{color:var(--s7)}.plain{color:var(--soft)}
    .legend{display:flex;flex-wrap:wrap;gap:.15rem 1rem;font-size:.85rem;color:var(--soft);margin:.1rem 0 .3rem;
    padding:0;list-style:none}
    .legend svg{display:inline-block;width:1.4rem;height:.6rem;vertical-align:middle;margin-right:.35rem}

    """

  private static let answers = """
    .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,27rem),1fr));gap:0 2.5rem}
    article{border-top:1px solid var(--rule);padding:.8rem 0;min-width:0}
    .said{display:grid;grid-template-columns:8rem 1fr;gap:.2rem 1rem;margin:.4rem 0 0}
    .said dd{white-space:pre-wrap;unicode-bidi:isolate}
    h3.prompt{white-space:pre-wrap;unicode-bidi:isolate}
    mark{border-radius:3px;padding:.05em .1em;background:var(--found-ground);color:var(--found)}
    mark.lost{background:var(--lost-ground);color:var(--lost)}
    mark.first{text-decoration:underline;text-decoration-thickness:2px;text-underline-offset:3px}
    .facts{display:inline-block;margin-right:1rem}
    @media(max-width:36rem){.said{grid-template-columns:1fr;gap:0}}

    """
}
