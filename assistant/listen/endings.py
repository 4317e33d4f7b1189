"""How requests end and how unfinished ones break off, as patterns per language: data, for complete.py.

They rest on grammar and not on a list of requests: articles, conjunctions and prepositions want a word behind them, a
transitive verb its object, "set" and "put" a value or a place, "the capital" an "of", a number in a timer its unit.
A text is matched in lower case, its words apart by one blank, without punctuation.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Endings:
    """One language. `polite` is taken off first; then the first of the others with a match decides, in this order."""

    polite: re.Pattern[str]
    """what may stand around a request and tells nothing about it"""
    whole: re.Pattern[str]
    """finished, in spite of a last word that wants another behind it"""
    goes_on: re.Pattern[str]
    """surely broken off: nobody ends like this"""
    may_go_on: re.Pattern[str]
    """could be all, and is often followed by more"""
    done: re.Pattern[str]
    """has the shape of a request or a question"""


def _any(words: dict[str, str], *patterns: str) -> re.Pattern[str]:
    """One pattern of many; NAME in them stands for any of *words*["NAME"]."""
    text = "|".join(f"(?:{pattern})" for pattern in patterns)
    for name, alternatives in words.items():
        text = text.replace(name, f"(?:{'|'.join(alternatives.split())})")
    return re.compile(text)


_EN = {
    "NUMBER": r"\d[\d.,:/]* zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred "
    "thousand million",
    "TENS": "twenty thirty forty fifty sixty seventy eighty ninety hundred thousand",
    "UNIT": "seconds? minutes? hours? days? weeks?",
    "DET": "a an the my your our their his her its this that these those some any all every each another",
    "PRONOUN": "i you he she it we they there",
    "BE": "is are am was were",
    "DO": "do does did can could will would shall should may might must has",
    "WH": "what who whom whose which where when why how",
    # Verbs that want an object: a request may begin with one, and does not end with one.
    "TRANSITIVE": "add set put remove take delete play turn switch dim spell call phone text send tell show give buy "
    "make open close lock unlock read find get bring translate convert calculate compute define book order schedule "
    "create change increase decrease raise lower move copy write ask remind wake check clear empty visit renew "
    "return fix feed walk water pay wash clean fetch charge meet hear see want need have know use try mean keep "
    "leave pick let lend hold bake boil cook brew pause resume invite describe explain rename recommend suggest "
    "compare teach summari[sz]e list draw",
    # ...and those that want two.
    "HANDING": "tell give show get bring send remind wake make fetch buy",
    "LIVING": "do say eat drink wear",
    # Nouns that name nothing without an "of".
    "RELATION": "capital population height weight length depth width distance meaning definition opposite root sum "
    "product difference number amount title author inventor president mayor king queen price cost size colou?r "
    "speed diameter area rest half quarter middle end beginning top bottom status city kind sort type piece cup "
    "bottle pound couple pair word phrase",
    # Adjectives and first halves of compounds.
    "MODIFIER": "living dining shopping grocery favou?rite own next new same other whole daily current san "
    "los las hong saint mount classical relaxing electronic few little several second",
    "ROOM": "kitchen bedroom bathroom hallway office garage basement attic garden corridor porch patio bath guest hall",
    "THING": "timer alarm reminder countdown stopwatch appointment meeting event",
}

_ENGLISH = Endings(
    polite=_any(
        _EN,
        r"^(?:(?:hey|ok|okay|computer|assistant|hello|hi|good morning|please|so|well|now|um|uh|er|and then"
        r"|(?:can|could|would|will) you|i (?:want|would like|'d like) you to|i'd like you to) )+",
        r" please$",
    ),
    whole=_any(
        _EN,
        r"^(?:yes|yeah|no|okay|ok|sure|right|great|fine|enough|never mind|thanks|hello|hi|bye|goodbye|help)$",
        r"^good (?:morning|afternoon|evening|night)$",
        r"^(?:stop|wait|pause|resume|continue|cancel|repeat|skip|next|back|previous|louder|quieter|mute|unmute)$",
        # A question with its object in front may end in the verb or the preposition that lost it.
        r"^(?:what|who|which|how (?:many|much))\b.* (?:DO|have) (?:DET )?\w+ (?:\w+ )?(?:to )?(?:TRANSITIVE|LIVING)$",
        r"^(?:what|who|which)\b.* (?:DO|have) (?:DET )?\w+ (?:(?!TRANSITIVE )\w+ )?(?:for|from|with|like|about)$",
        r"^(?:what|who|where)\b.* BE (?:PRONOUN|this|that) (?:\w+ )?(?:for|from|with|about|of|in|on|at)$",
        r"^who\b.* BE PRONOUN \w+ to$",
        r"^what .* (?:made|full|tired) of$",
        r"(?:\bBE|^what's|^how's)\b.* like$",
        # "what time it is", "how old are you"
        r"\b(?:WH|if)\b.* (?:it|he|she|they|we|you|that|this) BE$",
        r"^(?:what|where|who|how|when)\b.* BE (?:PRONOUN|this|that)$",
        # Ends that only look like beginnings.
        r"\bUNIT and a half$",
        r"\ba lot$",
        r"\b(?:that's|that is) all$",
        r"^i (?:think|hope|guess) (?:so|not)$",
        r"^(?:tell|show|give) me more$",
        r"(?<!\bmy)(?<!\bthe) to do$",
        r"^(?:what|who|where|how)'s (?:it|that|this)$",
        r"^(?!set|put|make|turn|switch)TRANSITIVE (?:it|that|this|them|everything)$",
        r"^thank you(?: very| so)? much$",
        r"^(?:why not|how come|how much longer|(?:what|how) about .+)$",
        r"^(?:turn|switch) (?:it|that|this|them|the|all|my)\b.* (?:on|off|up|down)$",
        r"^(?:pick|clean|wake|speak|hurry|shut|cheer) .*\bup$",
        r"^(?:(?:log|sign|get|go) (?:in|out|on|off)|come on)$",
    ),
    goes_on=_any(
        _EN,
        # 1. Words that want another behind them.
        r"\b(?:a|an|the|my|your|our|their|its|every|each|some|any|another|whose|all|both|half)$",
        r"\b(?:and|or|but|nor|because|cause|if|unless|although|though|until|till|while|whether|than|as|since|so)$",
        r"\b(?:of|for|to|from|with|without|into|onto|at|by|about|between|during|after|before|under|against|per|via)$",
        r"\b(?:in|on|near|around|towards?|through|behind|above|below|except|like)$",
        r"\b(?:BE|DO|be|been|being|had|going|gonna|wanna|made|called|named|titled|saying)$",
        r"\b(?:WH|i|he|she|we|they|not|very|too|really|quite|just|only|also|more|most|less|maybe|please)$",
        r"\b(?:um|uh|uhm|er|erm|hmm)$",
        r"\w'(?:s|m|re|ve|ll|d|t)$",
        r"\bMODIFIER$",
        r"\bDET (?:good|best|better|short|long|large|big|small|nice|great|quick|simple)$",
        r"\b(?!\w{0,6}(?:test|rest|guest|west|east|quest|honest|nest|everest)$|best$)\w{2,}est$",
        r"^(?:hey|computer|assistant|so|well|now|thank|no thank|never|happy|good|sing|sing me|roll|flip|my name)$",
        # 2. Verbs without what they want.
        r"^TRANSITIVE(?: up)?$",
        r"^(?:HANDING (?:me|us|him|her)|make (?:it|them|this|that))$",
        r"\b(?:to|please|not|you|i|we|let me) TRANSITIVE$",
        r"^(?:tell|text|message|ask) \w+$",
        r"^send (?:a|an|the) \w+(?: to \w+)?$",
        r"^(?:make a (?:call|note)|take a note)$",
        r"^remind (?:me|us)\b(?!.* (?:to|about|that|of)\b)",
        r"^wake (?:me|us)(?: up)?$",
        r"^(?:convert|translate)\b(?!.* (?:to|into|in)\b)",
        r"^(?:i|we) (?:\w+ )?(?:want|need|like|have|think|am|are)(?: out)?$",
        r"^(?:turn|switch) (?:on|off|up|down)$",
        r"^(?:turn|switch)\b(?!.* (?:on|off|up|down|to|into|back|over)\b)",
        r"^(?:turn|switch|dim|set|brighten)\b(?!.* (?:in|for) (?:the|my) ).*\b(?:the|my|all|on|off) ROOM$",
        r"^(?:set|put)\b(?!.* (?:to|at|for|on|off|in|into|up|down|away|back|aside)\b)(?!.*UNIT(?: \w+)? THING)",
        r"^(?:set|start|create|make|add|begin|give me|i need|i want) (?:a|an|another)(?: (?!UNIT)\w+)? THING$",
        r"^take (?!a |an |the |it |that |off )(?!.* (?:off|out|from|away|to|up|down)\b)",
        r"^(?:take|remove|delete|cross|put|strike) .* (?:off|out)$",
        # 3. Questions without their verb or their object.
        r"^WH(?: \w+)?$",
        r"^how (?:many|much) \w+(?: \w+)?$",
        r"^(?:BE|DO) (?:DET )?\w+$",
        r"\bDO PRONOUN$",
        r"^(?:(?:at |in |for |on )?WH .*)?\b(?:do|does|did) (?:DET )?(?!PRONOUN$|that$|this$)\w+$",
        r"^(?:how )?DO (?:DET )?\w+ (?:TRANSITIVE|say)$",
        r"\b(?:DET|square|cube) RELATION$",
        r"\bthe capital city$",
        # 4. Numbers without what they count, sums without their second number.
        r"\b(?:plus|minus|times|divided|multiplied|point|equals|twice|double|triple|NUMBER over|to the power)$",
        r"^(?!(?:WH|BE|DO|wake)\b|.*\b(?:alarm|reminder|appointment|meeting|event)\b).*"
        r"\b(?:for|in|after|next|a|an|another|about|UNIT|UNIT and) (?:NUMBER )*NUMBER$",
        r"\b(?:a|an|the|another) (?:NUMBER )+(?:second|minute|hour)(?: (?!THING)\w+)?$",
        r"^(?:set|start)\b.*THING to (?:NUMBER )*NUMBER$",
        r"^(?:what is|what's|how much is|calculate|compute) (?:minus )?(?:NUMBER )*NUMBER$",
        r"^(?:(?:what is|what's|how much is|calculate|compute) )?(?:NUMBER )*NUMBER percent$",
        r"^what (?:do|does) (?:NUMBER .*)?NUMBER$",
        r"\bhalf (?:a|an)$",
    ),
    may_go_on=_any(
        _EN,
        # The list, the place, the kind or the rest of the number may follow.
        r"^(?:add|buy|remove|delete|cross)\b(?!.* (?:to|from|off|on|everything|all)\b)(?!.* (?:THING|item|list))",
        r"^(?:cancel|stop|delete|clear) (?:the|my) (?!THING|list|music)\w+$",
        r"^play (?:some )?\w+$",
        r"^(?:make it|volume) (?:NUMBER )*NUMBER$",
        r"^(?:set|dim|make|lower|raise|increase|decrease|turn)\b.* (?:to|by|at|for) (?:NUMBER )*NUMBER$",
        r"\b(?:plus|minus|times|by|of) (?:NUMBER )*TENS$",
        r"\bNUMBER hours?$",
        r"^(?:NUMBER )*NUMBER$",
        r"^\w+$",
        r"^(?:the|my|our|a|an) (?!name is)",
        r"^(?:if|when|while|because|although|since|once) (?:PRONOUN|my|our)\b(?!.* (?:WH|BE|DO) )",
    ),
    done=_any(
        _EN,
        r"^(?:TRANSITIVE|stop|cancel|start|begin|skip|say|sing|roll|flip|repeat|search|look|go|come|speak|wait|stay) .",
        r"^(?:mute|shut|snooze|lower|brighten|run|launch|activate|disable|enable|adjust|unmute|unpause|do) .",
        r"^(?:(?:at|in|for|on) )?(?:WH|what's|who's|where's|how's|when's) \w+ .",
        r"^(?:BE|DO|have) \w+ .",
        r"^(?:next|previous|good|thank|thanks|never|no|yes|see you|be|let's|happy|that is|that's|say that) .",
        r"\btimer$|^(?:timer|alarm|weather|volume|temperature|news|time|date|reminder)\b.",
        r"^(?:i|we) (?:need|want|have|would like|do|don't|love|like) \w+",
        r"^(?:i'd like|i want|i would like) to \w+ .",
        r"^(?:my name is|i am|we are|you are|it is|i'm|we're|you're|it's) \w+",
        r"^(?:minus )?NUMBER .*(?:plus|minus|times|by|over|of|squared|cubed|power)\b",
        r"^(?:half of|twice|double) .",
    ),
)

_DE = {
    "NUMBER": r"\d[\d.,:/]* zwei drei vier fünf sechs sieben acht neun zehn elf zwölf "
    r"\w*(?:zehn|zig|ßig|hundert|tausend)",
    "WAS": "was wer wen wem wo wann warum wieso weshalb wie welche[nmrs]? woher wohin",
    "VERB": r"lösche? entferne? spiele? ruf\w* sage? erzähle? zeige? gib nimm öffne schließe? starte? stoppe? beende? "
    r"pausiere? lies suche? kaufe? rechne streiche? ändere? pack\w* wiederhole? schicke? lasse? fahre? reduziere? "
    r"erhöhe? mache? buche? bestelle? schreibe? übersetze?",
    # Their second half stands at the end: "schalte das Licht ein".
    "SPLIT": "schalte? mache? drehe? stelle? fahre? schließe? füge? höre? gehe? komme? stehe? räume?",
    "PARTICLE": "an aus ein ab auf zu hoch runter um weiter fort hinzu weg her",
}

_GERMAN = Endings(
    polite=_any(_DE, r"^(?:(?:hey|ok|okay|hallo|computer|assistent|bitte|also|und|so|äh|ähm) )+", r" bitte$"),
    whole=_any(
        _DE,
        r"^(?:ja|nein|stopp?|halt|danke|hilfe|hallo|tschüss|weiter|zurück|lauter|leiser|okay|gut|genau|abbrechen)$",
        # What looks like an article or a preposition belongs to the verb.
        r"^SPLIT .+ PARTICLE$",
        r"^(?:was|wer|wie|wo) (?:ist|sind|war|macht|kostet|heißt) (?:das|die|der)$",
        r"^(?:was|wer|wie|wo|wann)\b.* (?:ist|sind|bist|bin) (?:es|du|das)$",
        r"\b(?:spät|wo|wer|was) (?:es|er|sie|das) ist$",
    ),
    goes_on=_any(
        _DE,
        r"\b(?:der|die|das|den|dem|des|ein(?:e[nmrs]?)?|kein(?:e[nmrs]?)?|diese[nmrs]?|jede[nmrs]?)$",
        r"\b(?:mein|dein|sein|ihr|unser|euer)(?:e[nmrs]?)?$",
        r"\b(?:und|oder|aber|denn|weil|dass|ob|wenn|als|damit|bevor|nachdem|obwohl|sondern|namens|genannt)$",
        r"\b(?:in|im|ins|an|am|ans|auf|aufs|aus|bei|beim|mit|nach|von|vom|zu|zum|zur|für|über|unter|vor|hinter|neben)$",
        r"\b(?:zwischen|durch|gegen|ohne|um|bis|seit|wegen|pro|plus|minus|mal|geteilt|komma|hoch)$",
        r"\b(?:ist|sind|war|waren|bin|habe|hat|kann|kannst|muss|soll|will|möchte|würde|wird|werden|ich|wir|man)$",
        r"\b(?:WAS|wie (?:viele?|lange|weit|hoch|groß)|sehr|nur|noch|auch|äh|ähm|hm|also)$",
        r"^(?:kannst|könntest|würdest|willst|kann|soll) (?:du|ich)\b(?!.*(?:en|rn|ln)$)",
        r"^(?:schalte?|füge?|drehe?)\b",
        r"^(?:stelle?|setze?)\b(?!.* (?:auf|für|um|in|zurück)\b)",
        r"^erinnere? mich\b(?!.* (?:an|daran|dass|zu)\b)",
        r"^wecke? mich(?: auf)?$",
        r"^VERB(?: mir| mich)?$",
        r"\b(?:die hauptstadt|der name|die einwohnerzahl|das gegenteil|die wurzel|die höhe)$",
        r"\b(?:für|auf|in|noch|mit|nach|was ist|was macht|wie viel ist) NUMBER$",
    ),
    may_go_on=_any(_DE, r"^\w+$", r"\bum \w+$", r"\bstunden?$", r"^(?:füge?|setze?) (?!.*(?:liste|zettel))"),
    done=_any(
        _DE,
        r"^(?:WAS|VERB|SPLIT|setze?|erinnere?|wecke?|nächste[rs]?|timer|wecker|guten) .",
        r"^(?:ist|sind|hat|hast|gibt|wird|kann|kannst|könntest|würdest|muss|soll|brauche) \w+ .",
        r"^(?:ich|wir) \w+ \w+ .",
        # Orders may be infinitives: "Milch von der Liste löschen".
        r"^\w+ .+ \w{3,}(?:en|ern|eln)$",
    ),
)

_FR = {
    "NUMBER": r"\d[\d.,:/]* deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize "
    r"\w*vingts? trente quarante cinquante soixante cents? mille",
    "QUEL": r"quel\w* qui que où quand comment combien pourquoi",
    "VERB": r"(?:re)?mets mettez ajoute\w* règle\w* allume\w* éteins éteignez joue\w* lance\w* supprime\w* enlève\w* "
    r"retire\w* rappelle\w* appelle\w* dis donne\w* ouvre\w* ferme\w* cherche\w* achète\w* lis crée\w* démarre\w* "
    r"montre\w* raconte\w* augmente\w* baisse\w* réveille\w*",
}

_FRENCH = Endings(
    polite=_any(
        _FR,
        r"^(?:(?:hé|hey|ok|s'il (?:te|vous) plaît|alors|bon|euh|(?:peux|pourrais) tu|(?:pouvez|pourriez) vous) )+",
        r" s'il (?:te|vous) plaît$",
    ),
    whole=_any(
        _FR,
        r"^(?:oui|non|stop|merci|aide|bonjour|bonsoir|salut|pause|suivante?|précédente?|continue|arrête)$",
        r"^(?:plus|moins) fort$",
        r"\b(?:heure|jour|temps) (?:il|on) est$",
        r"^QUEL\b.*\b(?:es tu|est ce|est il|c'est)$",
    ),
    goes_on=_any(
        _FR,
        r"\b(?:le|la|les|un|une|des|du|de|mon|ma|mes|ton|ta|tes|son|sa|ses|notre|nos|votre|vos|leurs?|ce|cet|cette|ces)$",
        r"\b(?:chaque|à|au|aux|en|dans|sur|sous|pour|par|avec|sans|chez|vers|entre|depuis|pendant|jusqu'à|contre)$",
        r"\b(?:et|ou|mais|car|si|comme|parce|donc|puis|plus|moins|fois|divisé|virgule|ne|très|trop|euh|hum|ben)$",
        r"\b(?:je|tu|nous|j'ai|est|sont|était|suis|sera|peux|veux|voudrais|appelée?|nommée?|QUEL)$",
        r"\b\w{1,2}'$",
        r"^VERB(?: moi| nous)?$",
        r"^rappelle\w* moi\b(?!.* (?:de|d'\w+|que|à)\b)",
        r"^VERB (?:un|une) (?:minuteur|minuterie|alarme|rappel|réveil)$",
        r"^quel\w* \w+$",
        r"\b(?:la capitale|la population|la hauteur|le contraire|le prix|la racine)$",
        r"\b(?:pour|de|dans|à|sur) NUMBER$",
    ),
    may_go_on=_any(_FR, r"^\w+$", r"\bheures?$", r"^(?:ajoute\w*|achète\w*|enlève\w*)\b(?!.*liste)"),
    done=_any(
        _FR,
        r"^(?:QUEL|qu'est|est|y|VERB|arrête\w*|annule\w*|passe\w*|minuteur|dés?\w+e|reprends?|active\w*) .",
        r"^\w+(?:er|ir|re) .",
        r"^(?:je|j'ai|nous|on|il|c'est) \w+ .",
    ),
)

_ES = {
    "NUMBER": r"\d[\d.,:/]* dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince veinte "
    "treinta cuarenta cincuenta sesenta setenta ochenta noventa cien mil",
    "QUE": "qué cuál cuáles quién dónde cuándo cómo cuánt[oa]s?",
    "VERB": "pon ponme añade agrega enciende apaga reproduce quita borra elimina llama dime dame abre cierra busca "
    "compra lee crea inicia recuérdame despiértame sube baja cambia manda envía cuéntame",
}

_SPANISH = Endings(
    polite=_any(_ES, r"^(?:(?:oye|hola|ok|por favor|pues|bueno|eh|puedes|podrías|puede|podría) )+", r" por favor$"),
    whole=_any(
        _ES,
        r"^(?:sí|si|no|para|alto|gracias|ayuda|hola|adiós|pausa|siguiente|anterior|continúa|sigue|cancela|vale)$",
        r"^más (?:alto|bajo|fuerte)$",
        r"\bQUE(?: \w+)? (?:es|eres|está|estás|son|están)$",
    ),
    goes_on=_any(
        _ES,
        r"\b(?:el|la|los|las|un|una|unos|unas|mis?|tus?|sus?|nuestr[oa]s?|este|esta|estos|estas|cada|de|del|a|al|en|con)$",
        r"\b(?:sin|por|para|sobre|entre|hasta|desde|hacia|según|durante|contra|y|e|o|u|pero|porque|que|si|como|cuando)$",
        r"\b(?:aunque|mientras|ni|más|menos|dividido|coma|muy|tan|eh|em|pues|llamad[oa]|QUE)$",
        r"\b(?:es|son|era|soy|estoy|hay|puedo|quiero|quisiera|yo|nosotros)$",
        r"^VERB$",
        r"^recuérdame\b(?!.* (?:que|de|a)\b)(?! \w+r\b)",
        r"^VERB (?:un|una) (?:temporizador|alarma|recordatorio)$",
        r"\b(?:la capital|la población|la altura|el contrario|el precio|la raíz)$",
        r"\b(?:de|en|para|por|a|al) NUMBER$",
    ),
    may_go_on=_any(_ES, r"^\w+$", r"\bhoras?$", r"\ba las \w+$", r"^(?:añade|agrega|compra|quita)\b(?!.*lista)"),
    done=_any(
        _ES,
        r"^(?:QUE|VERB|por qué|para|cancela|pausa|detén|cuenta|está|están|hay|va|es|temporizador|buen[oa]s) .",
        r"^\w+(?:ar|er|ir|á|í) .",
        r"^(?:yo|me|nosotros|necesito|quiero|tengo|estoy) \w+ .",
    ),
)

_IT = {
    "NUMBER": r"\d[\d.,:/]* due tre quattro cinque sei sette otto nove dieci undici dodici tredici quindici venti "
    "trenta quaranta cinquanta sessanta settanta ottanta novanta cento mille",
    "CHE": "che chi cosa quale quali quant[oaie] dove quando come perché",
    "VERB": "metti aggiungi imposta accendi spegni riproduci togli rimuovi elimina chiama dimmi dammi apri chiudi "
    "cerca compra leggi crea avvia ricordami svegliami alza abbassa cambia manda invia suona raccontami",
}

_ITALIAN = Endings(
    polite=_any(
        _IT,
        r"^(?:(?:ehi|hey|ok|per favore|per piacere|allora|beh|ehm|puoi|potresti|può|potrebbe) )+",
        r" per (?:favore|piacere)$",
    ),
    whole=_any(
        _IT,
        r"^(?:sì|no|stop|basta|grazie|aiuto|ciao|buongiorno|buonasera|pausa|avanti|indietro|continua|riprendi|annulla)$",
        r"^più (?:forte|piano)$",
        r"\bCHE(?: \w+)? (?:è|sono|sei|siete)$",
        r"^(?:dov'è|cos'è|com'è|chi è) .+",
    ),
    goes_on=_any(
        _IT,
        r"\b(?:il|lo|la|i|gli|le|un|uno|una|mi[oa]|miei|mie|tu[oa]|tuoi|tue|su[oa]|suoi|nostr[oaie]|quest[oaie]|ogni)$",
        r"\b(?:di|del|dello|della|dei|degli|delle|a|al|allo|alla|ai|agli|alle|in|nel|nello|nella|nei|nelle|con|su|sul)$",
        r"\b(?:sulla|per|tra|fra|da|dal|dalla|senza|verso|fino|e|ed|o|ma|se|mentre|anche|più|meno|diviso|virgola)$",
        r"\b(?:è|sono|era|ho|posso|voglio|vorrei|io|noi|molto|troppo|ehm|cioè|chiamat[oa]|CHE)$",
        r"\b\w+'$",
        r"^VERB$",
        r"^ricordami\b(?!.* (?:di|che|a)\b)",
        r"^VERB (?:un|una) (?:timer|sveglia|promemoria)$",
        r"\b(?:la capitale|la popolazione|l'altezza|il contrario|il prezzo|la radice)$",
        r"\b(?:per|di|da|a|in|tra|fra|su) NUMBER$",
    ),
    may_go_on=_any(_IT, r"^\w+$", r"\bor[ae]$", r"\balle \w+$", r"^(?:aggiungi|compra|togli|rimuovi)\b(?!.*lista)"),
    done=_any(
        _IT,
        r"^(?:CHE|VERB|ferma|annulla|pausa|c'è|ci|va|è|timer|qual) .",
        r"^\w+(?:are|ere|ire) .",
        r"^(?:io|mi|noi|ho|voglio|sono|devo) \w+ .",
    ),
)

ENDINGS = {"en": _ENGLISH, "de": _GERMAN, "fr": _FRENCH, "es": _SPANISH, "it": _ITALIAN}
"""By ISO 639 code."""
