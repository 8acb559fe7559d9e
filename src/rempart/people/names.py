"""Names for generated people: family names, and given names by generation; the commonest first.

Lists from memory of what is common in France; none is about anybody.
"""

from typing import Final

import polars as pl

_FAMILY_NAMES: Final = """
MARTIN BERNARD THOMAS PETIT ROBERT RICHARD DURAND DUBOIS MOREAU LAURENT SIMON MICHEL LEFÈVRE LEROY ROUX DAVID BERTRAND
MOREL FOURNIER GIRARD BONNET DUPONT LAMBERT FONTAINE ROUSSEAU VINCENT MULLER LEFEBVRE FAURE ANDRÉ MERCIER BLANC GUÉRIN
BOYER GARNIER CHEVALIER FRANÇOIS LEGRAND GAUTHIER GARCIA PERRIN ROBIN CLÉMENT MORIN NICOLAS HENRY ROUSSEL MATHIEU
GAUTIER MASSON MARCHAND DUVAL DENIS DUMONT MARIE LEMAIRE NOËL MEYER DUFOUR MEUNIER BRUN BLANCHARD GIRAUD JOLY RIVIÈRE
LUCAS BRUNET GAILLARD BARBIER ARNAUD MARTÍNEZ GÉRARD ROCHE RENARD SCHMITT ROY LEROUX COLIN VIDAL CARON PICARD ROGER
FABRE AUBERT LEMOINE RENAUD DUMAS LACROIX OLIVIER PHILIPPE BOURGEOIS PIERRE BENOÎT REY LECLERC PAYET ROLLAND LECLERCQ
GUILLAUME LECOMTE LÓPEZ JEAN DUPUY GUILLOT HUBERT BERGER CARPENTIER SÁNCHEZ DUPUIS MOULIN LOUIS DESCHAMPS HUET VASSEUR
PÉREZ BOUCHER FLEURY ROYER KLEIN JACQUET ADAM PARIS POIRIER MARTY AUBRY GUYOT CARRÉ CHARLES RENAULT CHARPENTIER MÉNARD
MAILLARD BARON BERTIN BAILLY HERVÉ SCHNEIDER FERNANDEZ COLLET LÉGER BOUVIER JULIEN PRÉVOST MILLET PERROT DANIEL LE_ROUX
COUSIN GERMAIN BRETON BESSON LANGLOIS REMY LE_GOFF PELLETIER LÉVÊQUE PERRIER LEBLANC BARRÉ LEBRUN MARCHAL WEBER MALLET
HAMON BOULANGER JACOB MONNIER MICHAUD RODRÍGUEZ GUICHARD GILLET ÉTIENNE GRONDIN POULAIN TESSIER CHEVALLIER COLLIN
CHAUVIN BOUCHET GAY LEMAÎTRE BÉNARD MARÉCHAL HUMBERT REYNAUD ANTOINE HOARAU PERRET BARTHÉLEMY CORDIER PICHON LEJEUNE
GILBERT LAMY DELAUNAY PASQUIER CARLIER LAPORTE BENALI HADDAD TRAORÉ DIALLO NGUYEN SILVA FERREIRA YILMAZ KONÉ CISSÉ
N'DIAYE BENMOUSSA CHERIF MANSOURI KOUASSI RAKOTO DA_COSTA PEREIRA O'BRIEN D'ALMEIDA KOWALSKI POPESCU ROSSI TRAN LIU
ZHANG SINGH
"""
FAMILY_NAMES: Final = pl.Series([name.replace("_", " ") for name in _FAMILY_NAMES.split()])
_GIVEN_NAMES: Final = {
    ("M", 1900): (
        "Jean Pierre Marcel Louis René Henri André Georges Roger Maurice Lucien Raymond Albert Paul Émile Gaston "
        "Fernand"
    ),
    ("M", 1930): (
        "Jean Michel Claude Jacques Pierre André Bernard Daniel Gérard Guy Robert Roger Serge Yves Maurice Raymond Noël"
    ),
    ("M", 1950): (
        "Philippe Patrick Alain Michel Christian Gérard Jean-Pierre Dominique Pascal Thierry Bruno Didier Éric Marc "
        "Gilles"
    ),
    ("M", 1970): (
        "Christophe Stéphane Laurent David Frédéric Nicolas Sébastien Olivier Jérôme Cédric Karim Fabrice François "
        "Arnaud"
    ),
    ("M", 1990): (
        "Thomas Alexandre Kévin Nicolas Julien Maxime Romain Antoine Clément Quentin Mehdi Hugo Théo Lucas Valentin "
        "Rémi"
    ),
    ("M", 2010): (
        "Gabriel Léo Raphaël Arthur Louis Jules Adam Maël Hugo Noah Lucas Ethan Sacha Mohamed Aaron Tom Naël Éden Côme"
    ),
    ("F", 1900): (
        "Marie Jeanne Marguerite Germaine Louise Yvonne Madeleine Suzanne Marcelle Andrée Simone Denise Renée Lucie "
        "Hélène"
    ),
    ("F", 1930): (
        "Monique Jacqueline Françoise Jeannine Yvette Thérèse Christiane Colette Odette Ginette Huguette Hélène Josette"
    ),
    ("F", 1950): (
        "Catherine Martine Sylvie Nathalie Brigitte Isabelle Christine Marie-Christine Chantal Véronique Annie Évelyne "
        "Agnès"
    ),
    ("F", 1970): (
        "Sandrine Stéphanie Céline Karine Valérie Virginie Delphine Sophie Aurélie Laëtitia Séverine Caroline Fatima "
        "Élodie"
    ),
    ("F", 1990): (
        "Camille Marie Laura Manon Léa Pauline Marion Sarah Julie Mathilde Anaïs Mélanie Chloé Inès Océane Justine "
        "Nadia"
    ),
    ("F", 2010): (
        "Emma Jade Louise Alice Chloé Lina Rose Léna Anna Mila Ambre Julia Inaya Zoé Léonie Éléna Agathe Romane Aïcha "
        "Maëlle"
    ),
}
GENERATIONS: Final = (1900, 1930, 1950, 1970, 1990, 2010)
"""First birth year of each generation; before the first, the first."""

GIVEN_NAMES: Final = {key: pl.Series(names.split()) for key, names in _GIVEN_NAMES.items()}
