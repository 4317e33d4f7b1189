"""How French requests end, and how unfinished ones break off: data."""

from assistant.listen.endings.patterns import Endings, any_of

_WORDS = {
    "NUMBER": r"\d[\d.,:/]* deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize "
    r"\w*vingts? trente quarante cinquante soixante cents? mille",
    "QUEL": r"quel\w* qui que où quand comment combien pourquoi",
    "VERB": r"(?:re)?mets mettez ajoute\w* règle\w* allume\w* éteins éteignez joue\w* lance\w* supprime\w* enlève\w* "
    r"retire\w* rappelle\w* appelle\w* dis donne\w* ouvre\w* ferme\w* cherche\w* achète\w* lis crée\w* démarre\w* "
    r"montre\w* raconte\w* augmente\w* baisse\w* réveille\w*",
}

FRENCH = Endings(
    polite=any_of(
        _WORDS,
        r"^(?:(?:hé|hey|ok|s'il (?:te|vous) plaît|alors|bon|euh|(?:peux|pourrais) tu|(?:pouvez|pourriez) vous) )+",
        r" s'il (?:te|vous) plaît$",
    ),
    whole=any_of(
        _WORDS,
        r"^(?:oui|non|stop|merci|aide|bonjour|bonsoir|salut|pause|suivante?|précédente?|continue|arrête)$",
        r"^(?:plus|moins) fort$",
        r"\b(?:heure|jour|temps) (?:il|on) est$",
        r"^QUEL\b.*\b(?:es tu|est ce|est il|c'est)$",
    ),
    goes_on=any_of(
        _WORDS,
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
    may_go_on=any_of(_WORDS, r"^\w+$", r"\bheures?$", r"^(?:ajoute\w*|achète\w*|enlève\w*)\b(?!.*liste)"),
    done=any_of(
        _WORDS,
        r"^(?:QUEL|qu'est|est|y|VERB|arrête\w*|annule\w*|passe\w*|minuteur|dés?\w+e|reprends?|active\w*) .",
        r"^\w+(?:er|ir|re) .",
        r"^(?:je|j'ai|nous|on|il|c'est) \w+ .",
    ),
)
