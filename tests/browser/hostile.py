"""Texts that would run, load or change something if a page ever took them for more than text.

Each calls `alert` and sets `window.hostile` if it runs, or asks BEACON for something if it loads.
"""

from html import escape

RUN = "window.hostile=1;alert(1)"

_EVENTS = (
    *("<img src=x onerror={run}>", "<img src=x:x onerror='{run}'>", "<svg onload={run}>", "<svg/onload={run}//"),
    *(
        "<body onload={run}>",
        "<body onpageshow={run}>",
        "<input autofocus onfocus={run}>",
        "<select autofocus onfocus={run}>",
    ),
    *("<textarea autofocus onfocus={run}>", "<video src=x onerror={run}>", "<video><source onerror={run}>"),
    *(
        "<audio src=x onerror={run}>",
        "<details open ontoggle={run}>",
        "<marquee onstart={run}>",
        "<style onload={run}>",
    ),
    *("<object data=x onerror={run}>", "<iframe onload={run}>", "<link rel=stylesheet href=x onerror={run}>"),
    *(
        "<div style='animation:quiet-dot 1s' onanimationstart={run}>",
        "<x onclick={run}>x</x>",
        "<p onmouseover={run}>x</p>",
    ),
    *("<a href=# onclick={run}>x</a>", "<form onsubmit={run}><button autofocus>x</button></form>"),
    *(
        "<math onfocus={run} tabindex=1 autofocus>",
        "<dialog open onclose={run}>",
        "<button popovertarget=x onbeforetoggle={run}>",
    ),
    *(
        "<img src onerror={run}><!--",
        "<IMG SRC=x OnErRoR={run}>",
        "<img\tsrc=x\tonerror={run}>",
        "<img/src=x/onerror={run}>",
    ),
    *(
        "<img src=x onerror\n=\n{run}>",
        "<img src='x' onerror=\"{run}\" alt='",
        '"><img src=x onerror={run}>',
        "'><svg onload={run}>",
    ),
    *(
        "</div></article></main><img src=x onerror={run}>",
        "</title><svg onload={run}>",
        "</textarea><svg onload={run}>",
    ),
    *(
        "</template><svg onload={run}>",
        "</style><svg onload={run}>",
        "</noscript><svg onload={run}>",
        "]]><svg onload={run}>",
    ),
)
_SCRIPTS = (
    *(
        "<script>{run}</script>",
        "<SCRIPT>{run}</SCRIPT>",
        "<script >{run}</script >",
        "<scr<script>ipt>{run}</scr</script>ipt>",
    ),
    *(
        "<script type=module>{run}</script>",
        "<svg><script>{run}</script></svg>",
        "<svg><script xlink:href=data:,{run} />",
    ),
    *(
        "<math><mtext><script>{run}</script>",
        "<script>{run}//",
        "<script/x>{run}</script>",
        "<script\n>{run}</script\n>",
    ),
    *(
        "<script src=data:text/javascript,{run}></script>",
        "<script src={beacon}/script></script>",
        "<script>import('{beacon}/import')</script>",
    ),
    *('<noscript><p title="</noscript><script>{run}</script>">', "<template><script>{run}</script></template>"),
    *(
        "<!--><script>{run}</script>-->",
        '<!--<img src="--><script>{run}</script>">',
        "<![CDATA[<script>{run}</script>]]>",
    ),
    *(
        "<?xml-stylesheet href='javascript:{run}'?>",
        "<plaintext><script>{run}</script>",
        "<xmp><script>{run}</script></xmp>",
    ),
    *(
        "```html\n<script>{run}</script>\n```",
        "`<script>{run}</script>`",
        "    <script>{run}</script>",
        "&lt;script&gt;{run}&lt;/script&gt;",
    ),
    *(
        "&#60;script&#62;{run}&#60;/script&#62;",
        "\\<script>{run}</script>",
        "<script>{run}</script\u2028>",
        "\x00<script>{run}</script>",
    ),
)
_TARGETS = (
    *(
        "javascript:{run}",
        "JaVaScRiPt:{run}",
        "java\tscript:{run}",
        "java\nscript:{run}",
        " javascript:{run}",
        "\x01javascript:{run}",
    ),
    *(
        "javascript&colon;{run}",
        "javascript&#58;{run}",
        "&#106;avascript:{run}",
        "&#x6A;avascript:{run}",
        "javascript:%61lert(1)",
    ),
    *(
        "vbscript:{run}",
        "data:text/html,<script>{run}</script>",
        "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    ),
    *(
        "data:image/svg+xml,<svg onload={run}>",
        "feed:javascript:{run}",
        "view-source:javascript:{run}",
        "blob:{run}",
        "filesystem:{run}",
    ),
)
_LINKS = (
    *("[x]({target})", "[x](<{target}>)", "<{target}>", "[x]: {target}\n\n[x]", "![x]({target})"),
    *(
        "<a href='{target}'>x</a>",
        "<iframe src='{target}'></iframe>",
        "<form action='{target}'><button>x</button></form>",
    ),
)
_LOADS = (
    *(
        "![x]({beacon}/markdown)",
        "![x][1]\n\n[1]: {beacon}/reference",
        "<img src={beacon}/img>",
        "<img srcset='{beacon}/srcset 1x'>",
    ),
    *("<picture><source srcset={beacon}/source><img></picture>", "<video src={beacon}/video autoplay></video>"),
    *(
        "<video poster={beacon}/poster></video>",
        "<audio src={beacon}/audio autoplay></audio>",
        "<track src={beacon}/track>",
    ),
    *(
        "<iframe src={beacon}/iframe></iframe>",
        "<iframe srcdoc='<img src={beacon}/srcdoc>'></iframe>",
        "<object data={beacon}/object></object>",
    ),
    *(
        "<embed src={beacon}/embed>",
        "<link rel=stylesheet href={beacon}/stylesheet>",
        "<link rel=prefetch href={beacon}/prefetch>",
    ),
    *(
        "<link rel=preload as=image href={beacon}/preload>",
        "<link rel=modulepreload href={beacon}/module>",
        "<link rel=icon href={beacon}/icon>",
    ),
    *("<style>@import '{beacon}/import';</style>", "<style>body{{background:url({beacon}/background)}}</style>"),
    *(
        "<div style='background:url({beacon}/style)'>x</div>",
        "<table background={beacon}/table><tr><td>x</table>",
        "<body background={beacon}/body>",
    ),
    *(
        "<input type=image src={beacon}/input>",
        "<svg><image href={beacon}/image /></svg>",
        "<svg><use href='{beacon}/use#x' /></svg>",
    ),
    *(
        "<svg><style>@import '{beacon}/svg';</style></svg>",
        "<svg><feImage href={beacon}/filter /></svg>",
        "<base href={beacon}/>",
    ),
    *(
        "<base target=_blank href='{beacon}/base/'>",
        "<frameset><frame src={beacon}/frame></frameset>",
        "<applet code={beacon}/applet>",
    ),
    *(
        "<portal src={beacon}/portal></portal>",
        "<script src={beacon}/late defer></script>",
        "<img src=//{host}/schemeless>",
    ),
    *(
        "<img lowsrc={beacon}/low dynsrc={beacon}/dyn>",
        "<img src=x style='content:url({beacon}/content)'>",
        "<blockquote cite={beacon}/cite>x",
    ),
)


def hostile_texts(beacon: str) -> list[str]:
    """Return more than 200 hostile texts. No text may cause a request to the address `beacon`."""
    host = beacon.removeprefix("http://")
    plain = [text.format(run=RUN, beacon=beacon, host=host) for text in (*_EVENTS, *_SCRIPTS, *_LOADS)]
    linked = [link.format(target=target.format(run=RUN)) for link in _LINKS for target in _TARGETS]
    quoted = [f'<div title="{escape(text, quote=False)}">{text}</div>' for text in plain[::4]]
    return list(dict.fromkeys([*plain, *linked, *quoted]))
